//! A request becomes a scan: record, publish, note.
//!
//! Next on the way of a finding: `crates/worker/src/discover.rs`.

use checkmate_domain::TraceParent;
use checkmate_queue::{Broker, Outgoing, PublishError, Queue};
use checkmate_service::crashpoint::crashpoint;
use checkmate_service::telemetry::{Kind, Place, Span};
use checkmate_store::{Created, JobRecord, NewScan, ScanRecord, Store, StoreError};

/// Why a scan was not asked for, or not for certain.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Nothing was recorded for certain; ask again with the same id.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The scan is recorded and the keeper will send it; nobody needs to ask again.
    #[error(
        "scan {scan} is recorded, but its first job could not be sent yet; the keeper sends it as soon as the broker is back"
    )]
    NotSent {
        /// The recorded scan.
        scan: checkmate_domain::ScanId,
        /// Why not.
        source: PublishError,
    },
}

/// What a request led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Planned {
    /// A new scan.
    New(Box<ScanRecord>),
    /// A request with the same id was there before; this is its scan.
    Same(Box<ScanRecord>),
}

/// Records a scan and sends its discover job.
///
/// # Errors
/// See [`PlanError`]; asking again with the same id is harmless.
pub async fn request_scan(
    store: &dyn Store,
    broker: &dyn Broker,
    scan: &NewScan,
) -> Result<Planned, PlanError> {
    let created = store.create_scan(scan).await?;
    release(store, broker, created).await
}

/// The same for somebody who is content with a scan of that scope which was requested before and is not over: then it leads to
/// that one. The scan's id is that of the request.
///
/// # Errors
/// See [`PlanError`]; asking again with the same id is harmless.
pub async fn request_shared(
    store: &dyn Store,
    broker: &dyn Broker,
    scan: &NewScan,
) -> Result<Planned, PlanError> {
    let created = store.create_requested(scan).await?;
    release(store, broker, created).await
}

async fn release(store: &dyn Store, broker: &dyn Broker, created: Created) -> Result<Planned, PlanError> {
    let (record, job) = match created {
        Created::Exists(record) => return Ok(Planned::Same(record)),
        Created::New(record, job) => (record, job),
    };
    crashpoint("scheduler.after-record");
    match send(store, broker, &[*job], None).await {
        // Sent; that this was not noted makes the keeper send it once more at most.
        Ok(()) | Err(SendError::Store(_)) => Ok(Planned::New(record)),
        Err(SendError::Broker(source)) => Err(PlanError::NotSent { scan: record.id.clone(), source }),
    }
}

/// Why first jobs are not known to be sent; the keeper sends them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// Sent, but that could not be noted.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Not sent for certain.
    #[error(transparent)]
    Broker(#[from] PublishError),
}

/// Sends the discover jobs of recorded scans and notes that. `asked`: the span of whoever asked for them, in a trace of
/// their own.
pub(crate) async fn send(
    store: &dyn Store,
    broker: &dyn Broker,
    jobs: &[JobRecord],
    asked: Option<TraceParent>,
) -> Result<(), SendError> {
    let mut spans: Vec<Span> = jobs.iter().map(|job| request_span(job, asked)).collect();
    let sent = broker.publish(jobs.iter().map(|job| Outgoing::job(&job.message())).collect()).await;
    if sent.is_err() {
        spans.iter_mut().for_each(|span| span.fail("not sent"));
    }
    drop(spans);
    sent?;
    crashpoint("scheduler.after-publish");
    let ids: Vec<_> = jobs.iter().map(|job| job.id.clone()).collect();
    store.mark_published(&ids).await?;
    Ok(())
}

/// The first span of a scan's trace.
fn request_span(job: &JobRecord, asked: Option<TraceParent>) -> Span {
    let place = || Place { at: TraceParent::of_request(&job.scan).ids(), parent: None };
    let mut span = Span::start("create", Queue::of_lane(job.lane).name(), Kind::Producer, place);
    span.note("checkmate.scan.id", job.scan.as_str());
    if let Some(asked) = asked {
        span.link_beyond(asked.ids());
    }
    span
}
