//! What waits for a person: held, approved, denied, expired, and cut off in between, against a stand-in of Jira.

use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::{Approval, ApprovalState, Ask, DeliveryRecord, DeliveryState, Said, Timestamp};
use checkmate_notifier::deliver::{Planner, PlannerConfig};
use checkmate_notifier::outcome::Organisations;
use checkmate_notifier::policy::{Approve, Destination};
use checkmate_notifier::{Clock, SystemClock};
use checkmate_sandbox::jira::{Category, Issue};
use checkmate_service::Stop;
use checkmate_store::{ApprovalStore, LedgerStore};

use crate::delivering::Desk;
use crate::harness::{Says, ms};

const NOTHING: Approve = Approve { first_use: false, many_new: false, most_closing: None, days: 7 };
const FIRST_USE: Approve = Approve { first_use: true, ..NOTHING };
const MANY_NEW: Approve = Approve { many_new: true, ..NOTHING };
const MANY_CLOSING: Approve = Approve { most_closing: Some(2), ..NOTHING };

/// What a person does.
enum Answer {
    Approve,
    Deny,
}

impl Desk {
    async fn approvals(&self) -> Vec<Approval> {
        self.bench.store.approvals(None, 100).await.unwrap()
    }

    /// The one approval there is.
    async fn approval(&self) -> Approval {
        let mut all = self.approvals().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    async fn answer(&self, approval: &Approval, answer: &Answer) {
        let said = Said { by: "ann".to_owned(), at: Timestamp::now() };
        let there = self.bench.store.approval(&approval.id).await.unwrap().unwrap();
        let next = match answer {
            Answer::Approve => there.approve(None, &said),
            Answer::Deny => there.deny("not yet", &said),
        };
        assert!(self.bench.store.put_approval(next.unwrap()).await.unwrap().is_some());
    }

    async fn answered(&self, answer: Answer) {
        self.answer(&self.approval().await, &answer).await;
        self.settle().await;
    }

    /// A round of a planner to whom it is so much later.
    async fn later(&self, by: Duration) {
        let config = PlannerConfig { owner: "late".to_owned(), every: ms(5) };
        let clock = Arc::new(Later(by));
        let planner = Planner::new(self.store(), clock, &self.ways, Organisations::default(), config);
        planner.round().await.unwrap();
    }

    async fn in_state(&self, state: DeliveryState) -> Vec<DeliveryRecord> {
        self.rows().await.into_iter().filter(|row| row.state == state).collect()
    }

    fn summary(&self) -> Issue {
        let is_one = |issue: &Issue| {
            issue.fields["summary"].as_str().is_some_and(|text| text.contains("found in one scan"))
        };
        self.tickets().into_iter().find(is_one).expect("a summary")
    }
}

struct Later(Duration);

impl Clock for Later {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(self.0)
    }
}

fn day(number: u64) -> Duration {
    Duration::from_secs(number * 86_400)
}

#[tokio::test]
async fn the_first_tickets_of_a_project_wait_and_later_ones_join_them() {
    let desk = Desk::asking(false, 100, FIRST_USE).await;
    let all = ["a", "b", "c", "d"];
    desk.scanned("1", &Says::all(&all, &["a", "b"])).await;
    desk.settle().await;
    let approval = desk.approval().await;
    assert_eq!(approval.ask, Ask::FirstUse { project: "SEC".to_owned() });
    desk.scanned("2", &Says::all(&all, &["a", "b", "c"])).await;
    desk.settle().await;
    let waiting = desk.in_state(DeliveryState::Waiting).await;
    assert_eq!((waiting.len(), desk.tickets().len()), (3, 0));
    assert!(waiting.iter().all(|row| row.approval.as_ref() == Some(&approval.id) && row.due.is_none()));
    assert!(waiting[0].why.as_deref().unwrap().contains("checkmate approvals show"), "{waiting:?}");

    desk.answered(Answer::Approve).await;
    assert_eq!((desk.tickets().len(), desk.open()), (3, 3));
    assert_eq!(desk.approval().await.due, None, "all rows have followed");
    desk.scanned("3", &Says::all(&all, &all)).await;
    desk.settle().await;
    assert_eq!(desk.tickets().len(), 4, "it is used now");
    assert!(desk.approval().await.is_approved());
}

#[tokio::test]
async fn what_is_denied_is_cancelled_and_may_be_approved_still() {
    let desk = Desk::asking(false, 100, FIRST_USE).await;
    desk.scanned("1", &Says::all(&["a", "b"], &["a"])).await;
    desk.settle().await;
    desk.answered(Answer::Deny).await;
    desk.scanned("2", &Says::all(&["a", "b"], &["a", "b"])).await;
    desk.settle().await;
    let cancelled = desk.in_state(DeliveryState::Cancelled).await;
    assert_eq!((cancelled.len(), desk.tickets().len()), (2, 0), "later ones too");
    let why = cancelled[0].why.as_deref().unwrap();
    assert!(why.starts_with("ann denied approval") && why.ends_with("not yet"), "{why}");
    desk.answered(Answer::Approve).await;
    assert_eq!(desk.tickets().len(), 2);
}

#[tokio::test]
async fn what_nobody_decides_expires_and_the_next_scan_asks_again() {
    let desk = Desk::asking(false, 100, FIRST_USE).await;
    desk.scanned("1", &Says::all(&["a", "b"], &["a"])).await;
    desk.settle().await;
    desk.later(day(6)).await;
    assert!(desk.approval().await.is_waiting());
    desk.later(day(8)).await;
    assert!(matches!(desk.approval().await.state, ApprovalState::Expired { .. }));
    assert_eq!(desk.in_state(DeliveryState::Cancelled).await.len(), 1);
    desk.scanned("2", &Says::all(&["a", "b"], &["a"])).await;
    desk.settle().await;
    assert!(!desk.approval().await.is_waiting(), "nothing new is wanted");
    desk.scanned("3", &Says::all(&["a", "b"], &["a", "b"])).await;
    desk.settle().await;
    assert!(desk.approval().await.is_waiting());
    assert_eq!(desk.in_state(DeliveryState::Waiting).await.len(), 2, "what was cancelled waits again");
    desk.answered(Answer::Approve).await;
    assert_eq!(desk.tickets().len(), 2);
}

#[tokio::test]
async fn a_project_with_tickets_is_in_use() {
    let mut desk = Desk::asking(false, 100, NOTHING).await;
    desk.scanned("1", &Says::all(&["a", "b"], &["a"])).await;
    desk.settle().await;
    let Destination::Jira(jira) = &mut desk.ways.get_mut("tickets").unwrap().route.to else { panic!() };
    jira.approve = FIRST_USE;
    desk.scanned("2", &Says::all(&["a", "b"], &["a", "b"])).await;
    desk.settle().await;
    assert_eq!((desk.approvals().await.len(), desk.tickets().len()), (0, 2));
}

/// How things stand when it is sent is what is sent.
#[tokio::test]
async fn what_is_mended_while_it_waits_makes_no_ticket() {
    let desk = Desk::asking(false, 100, FIRST_USE).await;
    desk.scanned("1", &Says::all(&["a", "b"], &["a", "b"])).await;
    desk.settle().await;
    desk.scanned("2", &Says::all(&["a", "b"], &["b"])).await;
    desk.settle().await;
    desk.answered(Answer::Approve).await;
    assert_eq!(desk.tickets().len(), 1);
    assert!(desk.rows().await.iter().all(|row| row.state == DeliveryState::Delivered));
}

#[tokio::test]
async fn what_is_too_much_is_summed_up_until_tickets_are_approved() {
    let all = ["a", "b", "c", "d", "e"];
    let desk = Desk::asking(false, 2, MANY_NEW).await;
    let scan = desk.scanned("1", &Says::all(&all, &all)).await.scan;
    desk.settle().await;
    assert_eq!((desk.tickets().len(), desk.approval().await.ask), (3, Ask::ManyNew { count: 3 }));
    assert!(desk.summary().fields["summary"].as_str().unwrap().starts_with("3 problems"));
    desk.bench.store.note_unplanned(&scan).await.unwrap();
    desk.settle().await;
    assert_eq!(desk.tickets().len(), 3, "planned again, it waits still");

    desk.answered(Answer::Approve).await;
    assert_eq!((desk.tickets().len(), desk.open()), (6, 5));
    assert_eq!(desk.summary().category, Category::Done);
    assert!(desk.rows().await.iter().all(|row| row.within.is_none() && row.approval.is_none()));
    desk.scanned("2", &Says::all(&all, &[])).await;
    desk.settle().await;
    assert_eq!((desk.tickets().len(), desk.open()), (6, 0), "each ticket follows its own finding");
    desk.bench.store.note_unplanned(&scan).await.unwrap();
    desk.settle().await;
    assert_eq!((desk.tickets().len(), desk.approvals().await.len()), (6, 1));
}

#[tokio::test]
async fn what_is_denied_or_expires_stays_in_the_summary() {
    let all = ["a", "b", "c", "d", "e"];
    for expires in [false, true] {
        let desk = Desk::asking(false, 2, MANY_NEW).await;
        desk.scanned("1", &Says::all(&all, &all)).await;
        desk.settle().await;
        if expires {
            desk.later(day(8)).await;
        } else {
            desk.answered(Answer::Deny).await;
        }
        desk.settle().await;
        assert_eq!((desk.tickets().len(), desk.open()), (3, 3));
        desk.scanned("2", &Says::all(&all, &[])).await;
        desk.settle().await;
        assert_eq!((desk.tickets().len(), desk.open()), (3, 0), "the summary follows as ever");
        assert!(!desk.approval().await.is_waiting());
    }
}

/// Tickets of their own wait for the project's first use still, when they are approved.
#[tokio::test]
async fn one_approval_does_not_stand_for_another() {
    let all = ["a", "b", "c"];
    let desk = Desk::asking(false, 1, Approve { first_use: true, ..MANY_NEW }).await;
    desk.scanned("1", &Says::all(&all, &all)).await;
    desk.settle().await;
    let approvals = desk.approvals().await;
    let of = |word: &str| approvals.iter().find(|one| one.ask.word() == word).unwrap();
    assert_eq!((approvals.len(), desk.tickets().len()), (2, 0));
    desk.answer(of("many-new"), &Answer::Approve).await;
    desk.settle().await;
    assert_eq!((desk.tickets().len(), desk.in_state(DeliveryState::Waiting).await.len()), (0, 4));
    desk.answer(of("first-use"), &Answer::Approve).await;
    desk.settle().await;
    assert_eq!((desk.tickets().len(), desk.open()), (3, 3), "the summary names nothing, so it is not made");
}

#[tokio::test]
async fn many_tickets_are_closed_when_a_person_says_so() {
    let all = ["a", "b", "c", "d"];
    let desk = Desk::asking(false, 100, MANY_CLOSING).await;
    desk.scanned("1", &Says::all(&all, &all)).await;
    desk.settle().await;
    desk.scanned("2", &Says::all(&all, &["b", "c"])).await;
    desk.settle().await;
    assert_eq!((desk.approvals().await.len(), desk.open()), (0, 2), "two are not many");
    desk.scanned("3", &Says::all(&all, &all)).await;
    desk.settle().await;
    desk.scanned("4", &Says::all(&all, &["d"])).await;
    desk.settle().await;
    assert_eq!(desk.open(), 4, "they stay as they are");
    assert_eq!(desk.approval().await.ask, Ask::ManyClosing { count: 3 });
    assert_eq!(desk.in_state(DeliveryState::Waiting).await.len(), 3);
    // One of them comes back, and is another matter then.
    desk.scanned("5", &Says::all(&all, &["a", "d"])).await;
    desk.settle().await;
    assert_eq!((desk.in_state(DeliveryState::Waiting).await.len(), desk.open()), (2, 4));
    desk.answered(Answer::Approve).await;
    assert_eq!((desk.tickets().len(), desk.open()), (4, 2));
}

#[tokio::test]
async fn tickets_that_may_not_be_closed_stay_until_something_about_them_changes() {
    let all = ["a", "b", "c", "d"];
    for expires in [false, true] {
        let desk = Desk::asking(false, 100, MANY_CLOSING).await;
        desk.scanned("1", &Says::all(&all, &all)).await;
        desk.settle().await;
        desk.scanned("2", &Says::all(&all, &[])).await;
        desk.settle().await;
        if expires {
            desk.later(day(8)).await;
        } else {
            desk.answered(Answer::Deny).await;
        }
        let rows = desk.in_state(DeliveryState::Delivered).await;
        assert_eq!((rows.len(), desk.open()), (4, 4));
        let why = rows[0].why.as_deref().unwrap();
        assert!(why.contains(if expires { "nobody decided" } else { "ann denied" }), "{why}");
        desk.scanned("3", &Says::all(&all, &[])).await;
        desk.settle().await;
        assert_eq!(desk.open(), 4);
        desk.scanned("4", &Says::all(&all, &["a"])).await;
        desk.settle().await;
        desk.scanned("5", &Says::all(&all, &[])).await;
        desk.settle().await;
        assert_eq!((desk.tickets().len(), desk.open()), (4, 3), "it came back, was mended, and is one only");
        desk.answered(Answer::Approve).await;
        assert_eq!(desk.open(), 0, "who denied it may approve still");
    }
}

/// Something about tickets was on its way when all of them were mended: sending that must not close them.
#[tokio::test]
async fn what_is_under_way_closes_nothing_before_it_is_planned() {
    let all = ["a", "b", "c"];
    let desk = Desk::asking(false, 100, MANY_CLOSING).await;
    desk.scanned("1", &Says::all(&all, &all)).await;
    desk.settle().await;
    // As a site that was away leaves them: due, for some other reason.
    for row in desk.rows().await {
        let due = DeliveryRecord { state: DeliveryState::Parked, due: Some(Timestamp::now()), ..row };
        assert!(desk.bench.store.put_delivery(due).await.unwrap().is_some());
    }
    desk.scanned("2", &Says::all(&all, &[])).await;
    let (deliverer, stop) = (desk.deliverer(desk.ways.clone()), Stop::new(ms(100)));
    deliverer.round(&stop).await.unwrap();
    assert_eq!(desk.open(), 3, "no plan has said so yet");
    desk.settle().await;
    assert_eq!((desk.open(), desk.in_state(DeliveryState::Waiting).await.len()), (3, 3));
    desk.answered(Answer::Approve).await;
    assert_eq!(desk.open(), 0);
}

/// Whoever dies between a question, its rows, the answer and what follows leaves something that is taken up again.
#[tokio::test]
async fn what_was_cut_off_is_taken_up_again() {
    let all = ["a", "b", "c"];
    let desk = Desk::asking(false, 100, FIRST_USE).await;
    let scan = desk.scanned("1", &Says::all(&all, &all)).await.scan;
    // The planner died after it had asked; a person was faster than the next one.
    let ask = Ask::FirstUse { project: "SEC".to_owned() };
    let asked = Approval::asked("tickets", &scan, ask, Timestamp::now(), day(7));
    assert!(desk.bench.store.put_approval(asked).await.unwrap().is_some());
    desk.answered(Answer::Approve).await;
    assert_eq!(desk.tickets().len(), 3);

    let desk = Desk::asking(false, 100, FIRST_USE).await;
    let scan = desk.scanned("1", &Says::all(&all, &all)).await.scan;
    desk.settle().await;
    desk.answer(&desk.approval().await, &Answer::Approve).await;
    // Who had rows follow died after the first; and the same scan is planned once more.
    let first = desk.in_state(DeliveryState::Waiting).await.remove(0);
    let due = Some(Timestamp::now());
    let gone = DeliveryRecord { approval: None, state: DeliveryState::Planned, due, ..first };
    assert!(desk.bench.store.put_delivery(gone).await.unwrap().is_some());
    desk.bench.store.note_unplanned(&scan).await.unwrap();
    desk.settle().await;
    assert_eq!((desk.tickets().len(), desk.approval().await.due), (3, None));
}

/// A person answers while rows are written and sent: none goes out before the answer, none stays behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_in_the_middle_of_a_plan_leaves_no_row_behind() {
    let all: Vec<String> = (0..30).map(|n| format!("r{n:02}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    for (round, answer) in [Answer::Approve, Answer::Deny].into_iter().enumerate() {
        for wait in [0, 5, 15, 30] {
            let desk = Desk::asking(false, 100, FIRST_USE).await;
            desk.scanned("1", &Says::all(&all, &all)).await;
            let planner = desk.planner("one");
            let answering = async {
                while desk.approvals().await.is_empty() {
                    tokio::task::yield_now().await;
                }
                tokio::time::sleep(ms(wait)).await;
                desk.answer(&desk.approval().await, &answer).await;
            };
            let (planned, ()) = tokio::join!(planner.round(), answering);
            planned.unwrap();
            desk.settle().await;
            let made = if round == 0 { 30 } else { 0 };
            assert_eq!((desk.tickets().len(), desk.rows().await.len()), (made, 30), "after {wait} ms");
            assert_eq!(desk.in_state(DeliveryState::Waiting).await, []);
        }
    }
}
