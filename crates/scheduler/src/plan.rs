//! A request becomes a scan: record, publish, note.
//!
//! Next on the way of a finding: `crates/worker/src/discover.rs`.

use checkmate_domain::TraceParent;
use checkmate_queue::{Broker, Outgoing, PublishError, Queue};
use checkmate_service::crashpoint::crashpoint;
use checkmate_service::telemetry::{Kind, Span};
use checkmate_store::{Created, NewScan, ScanRecord, Store, StoreError};

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
    let (record, job) = match store.create_scan(scan).await? {
        Created::Exists(record) => return Ok(Planned::Same(record)),
        Created::New(record, job) => (record, job),
    };
    let at = TraceParent::of_request(&record.id);
    let mut span = Span::start("create", Queue::of_lane(record.lane).name(), Kind::Producer, at.ids(), None);
    span.note("checkmate.scan.id", record.id.as_str());
    crashpoint("scheduler.after-record");
    let sent = broker.publish(vec![Outgoing::job(&job.message())]).await;
    if sent.is_err() {
        span.fail("not sent");
    }
    drop(span);
    sent.map_err(|source| PlanError::NotSent { scan: scan.id.clone(), source })?;
    crashpoint("scheduler.after-publish");
    store.mark_published(&[job.id]).await?;
    Ok(Planned::New(record))
}
