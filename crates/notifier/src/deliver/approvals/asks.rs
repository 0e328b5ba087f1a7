//! What a person is asked about the wishes of one route.

use std::collections::BTreeSet;

use checkmate_domain::{
    Approval, ApprovalId, ApprovalState, Ask, DeliveryId, DeliveryRecord, DeliveryState, Timestamp,
    TransitionKind,
};
use checkmate_service::metrics;
use checkmate_store::{Store, StoreError};

use crate::deliver::parcel::{Parcel, is_over};
use crate::deliver::summary::{named, subjects};
use crate::outcome::View;
use crate::policy::{Destination, Jira, Route, Shape, Wish};

/// Rows read in one call.
const PAGE: u64 = 1_000;

/// Something that a person decides about.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is asked.
    pub ask: Ask,
    /// Under which id.
    pub id: ApprovalId,
    /// As it was asked before.
    pub there: Option<Approval>,
    /// Whether these wishes ask it, for the first time or once more.
    pub asks: bool,
}

impl Question {
    /// Whether a person has to decide it still.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.asks || self.there.as_ref().is_some_and(Approval::is_waiting)
    }
}

/// The approvals that hold what a route wants.
#[derive(Clone, Debug, Default)]
pub(in crate::deliver) struct Gates {
    /// What is made.
    pub(in crate::deliver) first_use: Option<ApprovalId>,
    /// What a summary names.
    pub(in crate::deliver) many_new: Option<ApprovalId>,
    /// What is closed.
    pub(in crate::deliver) closing: Option<ApprovalId>,
}

impl Gates {
    /// Asks what has to be asked. It is written before any row that it holds.
    pub(in crate::deliver) async fn of(
        store: &dyn Store,
        now: Timestamp,
        view: &View,
        route: &Route,
        wishes: &[Wish<'_>],
    ) -> Result<Self, StoreError> {
        let mut gates = Self::default();
        let Destination::Jira(jira) = &route.to else { return Ok(gates) };
        for question in questions(store, view, route, wishes).await? {
            ask(store, now, view, (route, jira), &question).await?;
            let gate = match question.ask {
                Ask::FirstUse { .. } => &mut gates.first_use,
                Ask::ManyNew { .. } => &mut gates.many_new,
                Ask::ManyClosing { .. } => &mut gates.closing,
            };
            *gate = Some(question.id);
        }
        Ok(gates)
    }
}

/// Whoever is faster has asked the same.
async fn ask(
    store: &dyn Store,
    now: Timestamp,
    view: &View,
    (route, jira): (&Route, &Jira),
    question: &Question,
) -> Result<(), StoreError> {
    if !question.asks {
        return Ok(());
    }
    let (scan, valid) = (&view.scanned().scan, jira.approve.valid());
    let asked = match &question.there {
        None => Some(Approval::asked(&route.name, scan, question.ask.clone(), now, valid)),
        Some(there) => there.again(scan, now, valid),
    };
    if let Some(asked) = asked
        && let Some(asked) = store.put_approval(asked).await?
    {
        let (id, reason) = (asked.id.as_str(), asked.ask.word());
        tracing::info!(approval.id = id, scan.id = %scan, reason, "a person is asked to approve");
        metrics::approval("asked");
    }
    Ok(())
}

/// What a person has to decide about these wishes, all of them of this route: what they ask, and what was asked before and
/// is not approved.
///
/// # Errors
/// When the store cannot be read.
pub async fn questions(
    store: &dyn Store,
    view: &View,
    route: &Route,
    wishes: &[Wish<'_>],
) -> Result<Vec<Question>, StoreError> {
    let Destination::Jira(jira) = &route.to else { return Ok(Vec::new()) };
    let mut questions = Vec::new();
    if jira.approve.first_use {
        questions.extend(first_use(store, view, route, &jira.project, wishes).await?);
    }
    if jira.approve.many_new {
        questions.extend(many_new(store, view, route, wishes).await?);
    }
    if let Some(most) = jira.approve.most_closing {
        questions.extend(many_closing(store, view, route, most, wishes).await?);
    }
    Ok(questions)
}

async fn first_use(
    store: &dyn Store,
    view: &View,
    route: &Route,
    project: &str,
    wishes: &[Wish<'_>],
) -> Result<Option<Question>, StoreError> {
    let question = known(store, view, route, Ask::FirstUse { project: project.to_owned() }).await?;
    let asks = match question.there.as_ref().map(|there| &there.state) {
        Some(ApprovalState::Approved(_)) => return Ok(None),
        Some(ApprovalState::Waiting | ApprovalState::Denied(_)) => false,
        Some(ApprovalState::Expired { .. }) => makes_any(store, wishes).await?,
        None => makes_any(store, wishes).await? && !is_used(store, route, project).await?,
    };
    let concerns = asks || question.there.is_some();
    Ok(concerns.then_some(Question { asks, ..question }))
}

/// Whether any of these makes a ticket. A summary is made of what is new.
async fn makes_any(store: &dyn Store, wishes: &[Wish<'_>]) -> Result<bool, StoreError> {
    for wish in wishes.iter().filter(|wish| !is_over(wish)) {
        let row = store.delivery(&DeliveryId::derived(&wish.route.name, &wish.subject)).await?;
        if row.is_none_or(|row| is_made(&row)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether what comes next about a row is that a ticket is made: it was wanted before, and was over before it was there.
pub(in crate::deliver) fn is_made(row: &DeliveryRecord) -> bool {
    let named = row.remote.is_some() || row.within.is_some() || row.approval.is_some();
    !named && row.state == DeliveryState::Delivered
}

/// Whether a ticket of this route is in the project.
async fn is_used(store: &dyn Store, route: &Route, project: &str) -> Result<bool, StoreError> {
    let is_there = |row: &DeliveryRecord| {
        let number = row.remote.as_deref().and_then(|key| key.strip_prefix(project));
        row.route == route.name && number.is_some_and(|number| number.starts_with('-'))
    };
    let mut after = None;
    loop {
        let page = store.deliveries(after.as_ref(), PAGE).await?;
        if page.iter().any(is_there) {
            return Ok(true);
        }
        let Some(last) = page.last() else { return Ok(false) };
        after = Some(last.id.clone());
    }
}

async fn many_new(
    store: &dyn Store,
    view: &View,
    route: &Route,
    wishes: &[Wish<'_>],
) -> Result<Option<Question>, StoreError> {
    for wish in wishes {
        let Shape::Summary(members) = &wish.shape else { continue };
        let subjects = subjects(route, members.iter().copied());
        let question = known(store, view, route, Ask::ManyNew { count: subjects.len() }).await?;
        let mut asks = false;
        for subject in subjects.keys().filter(|_| question.there.is_none()) {
            asks |= store.delivery(&DeliveryId::derived(&route.name, subject)).await?.is_none();
        }
        let concerns = asks || question.there.is_some();
        return Ok(concerns.then_some(Question { asks, ..question }));
    }
    Ok(None)
}

/// Counted once: what is held already is counted no more when the same scan is planned again.
async fn many_closing(
    store: &dyn Store,
    view: &View,
    route: &Route,
    most: usize,
    wishes: &[Wish<'_>],
) -> Result<Option<Question>, StoreError> {
    let question = known(store, view, route, Ask::ManyClosing { count: 0 }).await?;
    if let Some(there) = &question.there {
        return Ok((!there.is_approved()).then_some(question));
    }
    let (mut count, mut summaries) = (0, BTreeSet::new());
    for wish in wishes.iter().filter(|wish| matches!(wish.shape, Shape::Ticket(_))) {
        let row = store.delivery(&DeliveryId::derived(&route.name, &wish.subject)).await?;
        let Some(row) = row else { continue };
        summaries.extend(row.within.clone());
        count += usize::from(is_closed(&row, wish, view));
    }
    for summary in summaries {
        let Some(row) = store.delivery(&summary).await? else { continue };
        let members = named(store, route, view, &summary).await?;
        let wish = Wish { route, subject: row.subject.clone(), shape: Shape::Summary(members) };
        count += usize::from(is_closed(&row, &wish, view));
    }
    Ok((count > most).then_some(Question { ask: Ask::ManyClosing { count }, asks: true, ..question }))
}

fn is_closed(row: &DeliveryRecord, wish: &Wish<'_>, view: &View) -> bool {
    let closes = |parcel: Parcel| row.approval.is_none() && closes(row, wish, parcel.look());
    is_over(wish) && Parcel::of(wish, view).is_some_and(closes)
}

/// Whether a ticket that is there would be closed because of what a scan saw. What people accepted, they have decided about.
pub(in crate::deliver) fn closes(row: &DeliveryRecord, wish: &Wish<'_>, look: &str) -> bool {
    let (Shape::Ticket(members) | Shape::Summary(members)) = &wish.shape else { return false };
    let is_seen = members
        .iter()
        .any(|news| matches!(news.change, Some(TransitionKind::Resolved | TransitionKind::Withdrawn)));
    let is_sent =
        !matches!(row.state, DeliveryState::Cancelled | DeliveryState::Failed | DeliveryState::Unconfirmed);
    is_over(wish) && is_seen && is_sent && row.remote.is_some() && row.look != look
}

async fn known(store: &dyn Store, view: &View, route: &Route, ask: Ask) -> Result<Question, StoreError> {
    let id = ApprovalId::derived(&route.name, &ask, &view.scanned().scan);
    let there = store.approval(&id).await?;
    Ok(Question { ask, id, there, asks: false })
}
