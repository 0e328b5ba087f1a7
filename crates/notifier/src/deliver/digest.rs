//! Digests that come at their time: one card tells of all scans of a scope since the time before.

use std::sync::Arc;

use checkmate_domain::{DeliveryId, DeliveryRecord, DeliveryState, Subject, Timestamp};
use checkmate_store::{ScanRecord, Store, StoreError};

use super::parcel::Parcel;
use crate::outcome::{Organisations, View};
use crate::policy::{Cadence, News, Route};
use crate::teams::Card;

/// The digest that a scan belongs to: due at the first time of its cadence after the scan was over.
pub(super) fn subject(cadence: &Cadence, view: &View) -> Option<Subject> {
    cadence.next(view.over_at()).map(|at| Subject::Digest(view.scanned().scope.clone(), at))
}

/// The row of a digest after one more scan; nothing when it tells of it already. The latest scan says what is looked at.
pub(super) async fn joined(
    store: &dyn Store,
    route: &Route,
    subject: &Subject,
    row: Option<DeliveryRecord>,
    (scan, now): (&ScanRecord, Timestamp),
) -> Result<Option<DeliveryRecord>, StoreError> {
    let Subject::Digest(_, at) = subject else { return Ok(None) };
    let Some(row) = row else {
        let planned = DeliveryRecord::planned(&route.name, subject.clone(), String::new(), now);
        return Ok(Some(DeliveryRecord { due: Some(*at), scan: Some(scan.id.clone()), ..planned }));
    };
    let is_unsaid = matches!(row.state, DeliveryState::Planned | DeliveryState::Parked);
    if !is_unsaid || row.scan.as_ref() == Some(&scan.id) {
        return Ok(None);
    }
    let before = match &row.scan {
        Some(before) => store.scan(before).await?,
        None => None,
    };
    if before.is_some_and(|before| before.finished_at > scan.finished_at) {
        return Ok(None);
    }
    Ok(Some(DeliveryRecord { scan: Some(scan.id.clone()), changed_at: now, ..row }))
}

/// What the card of a digest shows; nothing when the scan, or the cadence, is there no more.
pub(super) async fn parcel(
    store: &Arc<dyn Store>,
    organisations: &Organisations,
    route: &Route,
    row: &DeliveryRecord,
) -> Result<Option<Parcel>, StoreError> {
    let (Some(cadence), Subject::Digest(_, at), Some(scan)) = (route.cadence(), &row.subject, &row.scan)
    else {
        return Ok(None);
    };
    let Some(scan) = store.scan(scan).await? else { return Ok(None) };
    let Some(since) = cadence.before(*at) else { return Ok(None) };
    let view = View::since(&**store, organisations, &scan, since).await?;
    let mut taken: Vec<&News> =
        view.scanned().findings.iter().map(AsRef::as_ref).filter(|news| route.when.takes(news)).collect();
    taken.sort_by_key(|news| (news.record.triage.priority, news.record.finding.fingerprint.clone()));
    let id = DeliveryId::derived(&route.name, &row.subject);
    Ok(Some(Parcel::Card(Box::new(Card::since(
        &id,
        &view.scanned().told_by(route),
        &taken,
        &cadence.words(since),
    )))))
}
