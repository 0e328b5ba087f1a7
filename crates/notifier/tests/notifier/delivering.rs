//! From a reconciled result to a ticket, by the ledger: planner and deliverer against a stand-in of Jira.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use checkmate_domain::{
    Decision, DeliveryRecord, DeliveryState, Said, Secret, Timestamp, Waiver, WaiverKind,
};
use checkmate_notifier::deliver::{
    Channel, Deliverer, DelivererConfig, Leases, Planner, PlannerConfig, Way, Ways,
};
use checkmate_notifier::jira::{self, Access, Held, NoAccess};
use checkmate_notifier::ledger::Times;
use checkmate_notifier::outcome::Organisations;
use checkmate_notifier::policy::{Approve, Destination, Jira, Route, Timing, When};
use checkmate_notifier::{Clock, SystemClock};
use checkmate_outbound::{Client, InProcess, Outbound};
use checkmate_queue::Settle;
use checkmate_sandbox::Office;
use checkmate_sandbox::jira::{Category, Issue};
use checkmate_service::Stop;
use checkmate_store::{DecisionStore, LedgerStore, Store};

use crate::harness::{Bench, Result, Says, hand, ms, until};

/// Leases while the account is connected.
pub(crate) struct Vault {
    pub(crate) connected: AtomicBool,
    pub(crate) outbound: Outbound,
}

struct Lease {
    token: Option<&'static str>,
    client: Client,
}

impl Leases for Vault {
    fn of(&self, way: &Way, _delivery: &DeliveryRecord) -> Arc<dyn Access> {
        let token = match way.connection.as_deref() {
            Some("teams") => Some("microsoft"),
            Some(_) if self.connected.load(Ordering::SeqCst) => Some("atlassian"),
            _ => None,
        };
        Arc::new(Lease { token, client: self.outbound.client().unwrap() })
    }

    fn watch(&self, _way: &Way) -> Arc<dyn Access> {
        Arc::new(Lease { token: Some("atlassian"), client: self.outbound.client().unwrap() })
    }
}

#[async_trait]
impl Access for Lease {
    async fn lease(&self) -> std::result::Result<Arc<Held>, NoAccess> {
        let gone = || NoAccess::Unusable("the account is not connected".to_owned());
        let token = self.token.ok_or_else(gone)?;
        Ok(Arc::new(Held { secret: Secret::new(token.as_bytes().to_vec()) }))
    }

    async fn renew(&self, _old: &Held) -> std::result::Result<Arc<Held>, NoAccess> {
        self.lease().await
    }

    fn client(&self) -> std::result::Result<&Client, NoAccess> {
        Ok(&self.client)
    }
}

/// A bench with a route to a stand-in of Jira.
pub(crate) struct Desk {
    pub(crate) bench: Bench,
    office: Office,
    pub(crate) vault: Arc<Vault>,
    pub(crate) ways: Ways,
}

impl Desk {
    async fn new(per_group: bool) -> Self {
        Self::with_most(per_group, 100).await
    }

    async fn with_most(per_group: bool, most_new: usize) -> Self {
        Self::asking(per_group, most_new, Approve::default()).await
    }

    /// One whose route asks a person first.
    pub(crate) async fn asking(per_group: bool, most_new: usize, approve: Approve) -> Self {
        let office = Office::builder().time_scale(100.0).start().await.unwrap();
        let times = Times {
            hold: ms(2_000),
            looks: [60, 150, 300].map(ms).to_vec(),
            again: ms(40),
            again_at_most: ms(100),
        };
        let settings = jira::Settings { base: office.jira_url().parse().unwrap(), times };
        let jira = Jira {
            project: "SEC".to_owned(),
            issue_type: "Bug".to_owned(),
            labels: vec![],
            per_group,
            most_new,
            fields: vec![],
            owners: vec![],
            due_days: [None; 4],
            wont_do: None,
            approve,
        };
        let route = Route {
            name: "tickets".to_owned(),
            when: When::default(),
            to: Destination::Jira(jira),
            timing: Timing::default(),
        };
        let way = Way { route, connection: Some("jira".to_owned()), channel: Channel::Jira(settings) };
        let outbound =
            Outbound::new(checkmate_outbound::Settings::default(), Arc::new(InProcess::default())).unwrap();
        Self {
            bench: Bench::new().await,
            office,
            vault: Arc::new(Vault { connected: AtomicBool::new(true), outbound }),
            ways: BTreeMap::from([("tickets".to_owned(), way)]),
        }
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        self.bench.store.clone()
    }

    pub(crate) fn planner(&self, owner: &str) -> Planner {
        let config = PlannerConfig { owner: owner.to_owned(), every: ms(5) };
        Planner::new(self.store(), clock(), &self.ways, Organisations::default(), config)
    }

    pub(crate) fn deliverer(&self, ways: Ways) -> Deliverer {
        let config = DelivererConfig { channel: "jira", slots: 4, every: ms(5) };
        let (leases, organisations) = (self.vault.clone(), Organisations::default());
        Deliverer::new(self.store(), clock(), leases, Arc::new(ways), organisations, config)
    }

    /// A scan that says this, to its end.
    pub(crate) async fn scanned(&self, name: &str, says: &Says) -> Result {
        let result = self.bench.said(name, says).await;
        assert_eq!(hand(&self.bench.notifier(|_| {}), result.message()).await, Settle::Done);
        result
    }

    /// Plans what is over and works off what is due, until nothing is.
    pub(crate) async fn settle(&self) {
        self.planner("p").round().await.unwrap();
        let (deliverer, stop) = (self.deliverer(self.ways.clone()), Stop::new(ms(100)));
        until("everything is delivered", || async {
            deliverer.round(&stop).await.unwrap();
            self.rows().await.iter().all(|row| row.due.is_none())
        })
        .await;
    }

    pub(crate) async fn rows(&self) -> Vec<DeliveryRecord> {
        self.bench.store.deliveries(None, 1_000).await.unwrap()
    }

    pub(crate) fn tickets(&self) -> Vec<Issue> {
        self.office.jira().labelled("checkmate")
    }

    pub(crate) fn open(&self) -> usize {
        self.tickets().iter().filter(|issue| issue.category != Category::Done).count()
    }

    fn wrote(&self) -> usize {
        self.office.record().len()
    }
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Whoever plans dies again and again, sooner than a plan takes: what is planned is not planned anew, and it comes to its end.
#[tokio::test]
async fn a_plan_goes_on_where_it_was_cut_off() {
    let desk = Desk::new(false).await;
    let names: Vec<String> = (0..100).map(|n| format!("app-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    desk.scanned("a", &Says::all(&names, &names)).await;
    let (mut life, mut rows) = (5, 0);
    while !desk.bench.store.unplanned(1).await.unwrap().is_empty() {
        // The same owner: a lock of the dead would be waited for. A slow machine needs a longer life.
        let planner = desk.planner("p");
        let _ = tokio::time::timeout(ms(life), planner.round()).await;
        let now = desk.rows().await.len();
        assert!(now >= rows && life < 5_000, "it never ends: {rows} rows");
        (rows, life) = (now, life + 5);
    }
    let rows = desk.rows().await;
    assert_eq!(rows.len(), 100);
    assert!(rows.iter().all(|row| row.version == 1), "a row was written again");
}

#[tokio::test]
async fn a_finding_becomes_a_ticket_that_follows_it() {
    let desk = Desk::new(false).await;
    desk.scanned("a", &Says::all(&["x", "y"], &["x", "y"])).await;
    desk.settle().await;
    assert_eq!((desk.tickets().len(), desk.open()), (2, 2));
    let (rows, wrote) = (desk.rows().await, desk.wrote());
    assert!(rows.iter().all(|row| row.state == DeliveryState::Delivered && row.remote.is_some()), "{rows:?}");

    desk.scanned("b", &Says::all(&["x", "y"], &["x", "y"])).await;
    desk.settle().await;
    assert_eq!((desk.rows().await, desk.wrote()), (rows, wrote), "the same again is no news");

    desk.scanned("c", &Says::all(&["x", "y"], &["y"])).await;
    desk.settle().await;
    assert_eq!((desk.tickets().len(), desk.open()), (2, 1), "mended");
    desk.scanned("d", &Says::all(&["x", "y"], &["x", "y"])).await;
    desk.settle().await;
    assert_eq!((desk.tickets().len(), desk.open()), (2, 2), "back again, the same ticket");
}

/// Whether its tickets are of one finding each, or named by a summary.
#[tokio::test]
async fn a_scan_of_another_scope_closes_tickets_and_makes_none() {
    for most_new in [100, 1] {
        let mut desk = Desk::with_most(false, most_new).await;
        desk.scanned("a", &Says::all(&["x", "y", "z", "u", "v"], &["x", "y", "z"])).await;
        desk.settle().await;
        let (tickets, open) = (desk.tickets().len(), desk.open());
        assert_eq!((tickets, open), if most_new == 1 { (2, 2) } else { (3, 3) });
        let way = desk.ways.get_mut("tickets").unwrap();
        way.route.when.scopes = vec!["org:*".to_owned()];
        desk.scanned("b", &Says::all(&["x", "y", "z", "u", "v"], &["u", "v"])).await;
        desk.settle().await;
        assert_eq!((desk.tickets().len(), desk.open()), (tickets, 0));

        // A scan of its own scope makes what it finds; what is known since before is no news to it.
        desk.ways.get_mut("tickets").unwrap().route.when.scopes = vec!["export:t".to_owned()];
        desk.scanned("c", &Says::all(&["x", "y", "z", "u", "v"], &["x", "u"])).await;
        desk.settle().await;
        assert_eq!((desk.tickets().len(), desk.open()), (tickets, 1));
    }
}

/// A deliverer keeps what it read; a decision since then changes it as a scan does.
#[tokio::test]
async fn a_decision_is_seen_by_a_deliverer_that_read_before() {
    let desk = Desk::new(false).await;
    let scan = desk.scanned("a", &Says::all(&["x"], &["x"])).await.scan;
    let (deliverer, stop) = (desk.deliverer(desk.ways.clone()), Stop::new(ms(100)));
    let settle = || async {
        desk.planner("p").round().await.unwrap();
        until("everything is delivered", || async {
            deliverer.round(&stop).await.unwrap();
            desk.rows().await.iter().all(|row| row.due.is_none())
        })
        .await;
    };
    settle().await;
    assert_eq!(desk.open(), 1);
    let listed = desk.bench.store.targets().await.unwrap();
    let record = desk.bench.store.target(&listed[0]).await.unwrap().findings.remove(0);
    let waiver = Waiver {
        kind: WaiverKind::Accepted,
        reason: "behind a proxy".to_owned(),
        owner: "ops".to_owned(),
        until: Timestamp::now().plus(ms(2_000)),
        cap: record.finding.severity,
    };
    let said = Said { by: "ann".to_owned(), at: Timestamp::now() };
    let decision = Decision::none(record.finding.fingerprint).accept(waiver, &said).unwrap();
    assert!(desk.bench.store.put_decision(decision).await.unwrap().is_some());
    desk.bench.store.note_unplanned(&scan).await.unwrap();
    settle().await;
    assert_eq!(desk.open(), 0, "accepted");
    tokio::time::sleep(ms(2_000)).await;
    desk.bench.store.note_unplanned(&scan).await.unwrap();
    settle().await;
    assert_eq!(desk.open(), 1, "the waiver is over");
}

#[tokio::test]
async fn what_was_not_looked_at_closes_nothing() {
    let desk = Desk::new(true).await;
    desk.scanned("a", &Says::all(&["x", "y"], &["x", "y"])).await;
    desk.settle().await;
    assert_eq!((desk.tickets().len(), desk.open()), (1, 1), "one ticket for one root cause");
    desk.scanned("b", &Says::all(&["x", "y"], &[]).except(&["y"])).await;
    desk.settle().await;
    assert_eq!(desk.open(), 1, "one place was not looked at");
    desk.scanned("c", &Says::all(&["x", "y"], &[])).await;
    desk.settle().await;
    assert_eq!((desk.tickets().len(), desk.open()), (1, 0));
}

/// Mended before anybody made a ticket of it: nobody is told to do what is done.
#[tokio::test]
async fn what_is_mended_before_it_was_told_is_not_told() {
    let desk = Desk::new(false).await;
    desk.scanned("a", &Says::all(&["x"], &["x"])).await;
    desk.planner("p").round().await.unwrap();
    desk.scanned("b", &Says::all(&["x"], &[])).await;
    desk.settle().await;
    assert!(desk.tickets().is_empty(), "{:?}", desk.tickets());
}

#[tokio::test]
async fn two_planners_at_once_write_each_row_once() {
    let desk = Desk::new(false).await;
    let all: Vec<String> = (0..40).map(|n| format!("r{n:02}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    desk.scanned("a", &Says::all(&all, &all)).await;
    let (first, second) = (desk.planner("one"), desk.planner("two"));
    let (one, two) = tokio::join!(first.round(), second.round());
    one.unwrap();
    two.unwrap();
    first.round().await.unwrap();
    let rows = desk.rows().await;
    assert_eq!(rows.len(), 40);
    assert!(rows.iter().all(|row| row.version == 1), "{rows:?}");
    desk.settle().await;
    assert_eq!(desk.tickets().len(), 40);
}

/// A plan that was begun and not ended is made again by whoever looks next, whatever of it was written.
#[tokio::test]
async fn a_plan_that_was_cut_off_is_made_again() {
    let desk = Desk::new(false).await;
    let scan = desk.scanned("a", &Says::all(&["x", "y"], &["x", "y"])).await.scan;
    let noted = desk.bench.store.unplanned(10).await.unwrap();
    assert!(matches!(noted.as_slice(), [note] if note.scan == scan), "{noted:?}");
    desk.planner("p").round().await.unwrap();
    assert_eq!(desk.bench.store.unplanned(10).await.unwrap(), []);
    let rows = desk.rows().await;
    // As if the process had died before it took the note away.
    desk.bench.store.note_unplanned(&scan).await.unwrap();
    desk.settle().await;
    assert_eq!(desk.rows().await.len(), rows.len());
    assert_eq!(desk.tickets().len(), 2);
}

/// An old plan that is written late changes nothing of what is sent: that is as the store says.
#[tokio::test]
async fn a_late_plan_overrides_no_newer_one() {
    let desk = Desk::new(false).await;
    let first = desk.scanned("a", &Says::all(&["x"], &["x"])).await.scan;
    desk.settle().await;
    desk.scanned("b", &Says::all(&["x"], &[])).await;
    desk.settle().await;
    assert_eq!(desk.open(), 0);
    let wrote = desk.wrote();
    desk.bench.store.note_unplanned(&first).await.unwrap();
    desk.settle().await;
    assert_eq!((desk.tickets().len(), desk.open(), desk.wrote()), (1, 0, wrote));
}

#[tokio::test]
async fn deliveries_are_parked_without_an_account_and_go_on_with_it() {
    let desk = Desk::new(false).await;
    desk.vault.connected.store(false, Ordering::SeqCst);
    desk.scanned("a", &Says::all(&["x"], &["x"])).await;
    desk.planner("p").round().await.unwrap();
    let (deliverer, stop) = (desk.deliverer(desk.ways.clone()), Stop::new(ms(100)));
    deliverer.round(&stop).await.unwrap();
    let row = desk.rows().await.remove(0);
    assert_eq!(
        (row.state, row.why.as_deref()),
        (DeliveryState::Parked, Some("the account is not connected"))
    );
    desk.vault.connected.store(true, Ordering::SeqCst);
    desk.settle().await;
    assert_eq!((desk.tickets().len(), desk.rows().await.remove(0).state), (1, DeliveryState::Delivered));
}

/// Without a route a row can go nowhere: it is put off with the reason, and keeps nobody else waiting.
#[tokio::test]
async fn a_row_whose_route_is_gone_is_put_off() {
    let desk = Desk::new(false).await;
    desk.scanned("a", &Says::all(&["x"], &["x"])).await;
    desk.planner("p").round().await.unwrap();
    let (deliverer, stop) = (desk.deliverer(Ways::new()), Stop::new(ms(100)));
    assert_eq!(deliverer.round(&stop).await.unwrap(), 0);
    let row = desk.rows().await.remove(0);
    assert_eq!(row.state, DeliveryState::Parked);
    assert!(row.why.as_deref().unwrap().contains("no route 'tickets'"), "{row:?}");
    assert!(row.due.unwrap() > SystemClock.now());
}

/// Nobody sends: the notes go, and no row is made.
#[tokio::test]
async fn without_a_route_that_sends_nothing_is_planned() {
    let desk = Desk { ways: Ways::new(), ..Desk::new(false).await };
    desk.scanned("a", &Says::all(&["x"], &["x"])).await;
    desk.planner("p").round().await.unwrap();
    assert_eq!((desk.rows().await.len(), desk.bench.store.unplanned(10).await.unwrap().len()), (0, 0));
}

/// A result that was given up and is sent again after its scan was planned has its tickets too.
#[tokio::test]
async fn a_result_that_comes_after_the_plan_is_planned_too() {
    let desk = Desk::new(false).await;
    let result = desk.bench.said("a", &Says::all(&["x"], &["x"])).await;
    desk.bench.store.park_result(&result.job).await.unwrap();
    desk.bench.store.mark_announced(&result.scan).await.unwrap();
    desk.settle().await;
    assert_eq!(desk.tickets().len(), 0);
    assert_eq!(hand(&desk.bench.notifier(|_| {}), result.message()).await, Settle::Done);
    desk.settle().await;
    assert_eq!(desk.tickets().len(), 1);
}

/// What is too much for tickets of its own is in a summary, and stays there: it is mended and comes back there.
#[tokio::test]
async fn what_a_summary_names_belongs_to_it_for_good() {
    let all = ["a", "b", "c", "d", "e"];
    let desk = Desk::with_most(false, 2).await;
    desk.scanned("1", &Says::all(&all, &all)).await;
    desk.settle().await;
    let summary = || {
        let found = desk.tickets().into_iter().find(|issue| {
            issue.fields["summary"].as_str().is_some_and(|text| text.contains("found in one scan"))
        });
        found.expect("a summary")
    };
    let rows = desk.rows().await;
    let inside: Vec<&DeliveryRecord> = rows.iter().filter(|row| row.within.is_some()).collect();
    assert_eq!((desk.tickets().len(), rows.len(), inside.len()), (3, 6, 3));
    assert!(inside.iter().all(|row| row.due.is_none() && row.remote.is_none()), "{inside:?}");
    let first = summary();

    // Which of them have tickets is by urgency and fingerprint; mend them one by one.
    let mut left: Vec<&str> = all.to_vec();
    for name in all {
        left.retain(|one| *one != name);
        desk.scanned(&format!("without {name}"), &Says::all(&all, &left)).await;
        desk.settle().await;
        assert_eq!(desk.tickets().len(), 3, "no ticket is made of what is named already");
    }
    assert_eq!(desk.open(), 0, "all is mended, the summary too");
    assert_ne!(summary().fields["description"], first.fields["description"]);

    desk.scanned("all again", &Says::all(&all, &all)).await;
    desk.settle().await;
    assert_eq!((desk.tickets().len(), desk.open()), (3, 3), "each comes back where it was");
    assert_eq!((summary().key, summary().category != Category::Done), (first.key, true));
    let made = desk.office.record().iter().filter(|written| written.what == "issue.create").count();
    assert_eq!(made, 3);
}
