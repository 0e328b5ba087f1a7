//! Pages: exactly one each, with the last content.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use checkmate_domain::{DeliveryId, DeliveryRecord, DeliveryState, Subject, Timestamp};
use checkmate_notifier::SystemClock;
use checkmate_notifier::confluence::{File, Page, Sender, Settings};
use checkmate_notifier::ledger::Times;
use checkmate_notifier::policy::{self, News, Shape};
use checkmate_sandbox::confluence::Page as Shown;
use checkmate_sandbox::{Fault, Vendor};
use checkmate_store::LedgerStore as _;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::common::{World, ms, times};
use crate::harness::{SEED, chaos, outcome, over, told};

const SCOPES: usize = 60;
const ROUTE: &str = "pages";

type Pages = Arc<BTreeMap<DeliveryId, Page>>;

fn sender(world: &World) -> Sender {
    sender_in(world, "SEC", &["atlassian"])
}

fn sender_in(world: &World, space: &str, tokens: &[&'static str]) -> Sender {
    sender_with(world, space, tokens, times())
}

fn sender_with(world: &World, space: &str, tokens: &[&'static str], times: Times) -> Sender {
    let settings = Settings {
        base: world.office.confluence_url().parse().unwrap(),
        space: space.to_owned(),
        parent: None,
        files: true,
        times,
    };
    Sender::new(settings, world.ledger(), world.lease(tokens), Arc::new(SystemClock))
}

fn report(text: &str) -> File {
    let (name, media_type) = ("report.json".to_owned(), "application/json".to_owned());
    File { name, media_type, bytes: text.as_bytes().to_vec() }
}

/// The page of a scope and that of its scan, by what their finding is called now, with that as a report on the second.
fn both(number: usize, title: &str) -> [(Subject, Page); 2] {
    both_with(number, title, title)
}

fn both_with(number: usize, title: &str, file: &str) -> [(Subject, Page); 2] {
    let mut outcome = outcome(number, "false");
    title.clone_into(&mut std::sync::Arc::make_mut(&mut outcome.findings[0]).record.finding.title);
    let findings: Vec<&News> = outcome.findings.iter().map(AsRef::as_ref).collect();
    let (scope, scan) = (Subject::Posture(outcome.scope.clone()), Subject::Scan(outcome.scan.clone()));
    let page = |subject: &Subject, shape: &Shape<'_>| {
        Page::of(ROUTE, policy::Pages::default(), &DeliveryId::derived(ROUTE, subject), &outcome, shape)
            .unwrap()
    };
    let posture = page(&scope, &Shape::Posture(findings.clone()));
    let scanned = page(&scan, &Shape::ScanPage(findings)).with_file(report(file));
    [(scope, posture), (scan, scanned)]
}

/// Puts pages into the ledger.
async fn want(world: &World, numbers: std::ops::Range<usize>, title: &str) -> Pages {
    let mut pages = BTreeMap::new();
    for (subject, page) in numbers.flat_map(|number| both(number, title)) {
        world.want_look(ROUTE, &subject, page.look()).await;
        pages.insert(DeliveryId::derived(ROUTE, &subject), page);
    }
    Arc::new(pages)
}

async fn settle(world: World, pages: Pages) {
    let sender = Arc::new(sender(&world));
    world
        .settle_with(|row| {
            let (sender, pages) = (Arc::clone(&sender), Arc::clone(&pages));
            async move { drop(sender.deliver(&row, &pages[&row.id]).await.unwrap()) }
        })
        .await;
}

/// One page in the ledger and after its first turn.
async fn first(world: &World, sender: &Sender, (subject, page): &(Subject, Page)) -> DeliveryRecord {
    world.want_look(ROUTE, subject, page.look()).await;
    let row = world.row(&DeliveryId::derived(ROUTE, subject)).await;
    over(sender.deliver(&row, page).await.unwrap())
}

fn shown(world: &World, row: &DeliveryRecord) -> Shown {
    world.office.confluence().page(row.remote.as_ref().unwrap()).unwrap()
}

/// Every row has exactly one page, which carries our id and has the content that was wanted last.
async fn agree(world: &World) {
    let rows = world.rows().await;
    let mut named = BTreeSet::new();
    for row in &rows {
        assert_eq!((row.state, row.why.as_deref()), (DeliveryState::Delivered, None));
        let page = shown(world, row);
        assert_eq!(page.properties["checkmate.delivery"].value["id"], row.id.as_str());
        assert_eq!(page.properties["checkmate.delivery"].value["look"], row.look.as_str());
        assert!(page.body().contains(row.id.as_str()));
        named.insert(page.id.to_string());
    }
    let record = world.office.record();
    let made: Vec<String> =
        record.into_iter().filter(|one| one.what == "page.create").map(|one| one.on).collect();
    let there: BTreeSet<String> =
        world.office.confluence().pages().iter().map(|page| page.id.to_string()).collect();
    assert_eq!((made.len(), rows.len()), (named.len(), named.len()));
    assert_eq!((made.into_iter().collect::<BTreeSet<_>>(), there), (named.clone(), named));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_page_each_with_the_last_content_whatever_happens() {
    let (world, mut dice) = (World::new().await, StdRng::seed_from_u64(SEED));
    world.office.chaos(Vendor::Confluence, chaos());
    for (title, scopes) in [("It is off", SCOPES), ("It is off again", SCOPES / 3)] {
        let pages = want(&world, 0..scopes, title).await;
        let kills = world.settle_killed(|world| settle(world, Arc::clone(&pages)), &mut dice).await;
        eprintln!("{title}: {kills} kills, {} writes", world.office.record().len());
        agree(&world).await;
        for row in world.rows().await.iter().filter(|row| pages.contains_key(&row.id)) {
            let page = shown(&world, row);
            assert!(page.body().contains(&format!("\"{title}\"")), "{}", page.body());
            if let Subject::Scan(_) = row.subject {
                let above = world.office.confluence().page(&page.parent).unwrap();
                assert!(page.title().starts_with(above.title()), "{} under {}", page.title(), above.title());
                assert_eq!(page.files["report.json"].versions.last().unwrap().as_ref(), title.as_bytes());
            }
        }
    }

    // The same once more, with nothing going wrong: nothing is to be done, and nothing is.
    world.office.calm();
    let before = world.office.record().len();
    let pages = want(&world, 0..SCOPES / 3, "It is off again").await;
    settle(world.clone(), pages).await;
    assert_eq!(world.office.record().len(), before);
    assert!(world.office.record().iter().filter(|written| !written.answered).count() > 20);
}

#[tokio::test]
async fn content_that_stands_there_is_not_written_again() {
    let world = World::new().await;
    let [_, scan] = both(1, "false");
    let row = first(&world, &sender(&world), &scan).await;
    assert_eq!(row.state, DeliveryState::Delivered);
    assert_eq!((world.wrote("page.create"), world.wrote("page.update")), (1, 0));
    // A new report leaves the text as it is.
    let [_, scan] = both_with(1, "false", "nothing");
    let row = first(&world, &sender(&world), &scan).await;
    let page = shown(&world, &row);
    assert_eq!((page.number(), page.files["report.json"].versions.len()), (1, 2));
}

/// The page of a scope whose finding has another title.
fn renamed(number: usize) -> (Subject, Page) {
    both(number, "Something else is off")[0].clone()
}

#[tokio::test]
async fn a_scan_waits_for_the_page_of_its_scope_as_long_as_that_may_come() {
    let world = World::new().await;
    let [(scope, posture), scan] = both(1, "false");
    world.want_look(ROUTE, &scope, posture.look()).await;
    let (state, why) = told(&first(&world, &sender(&world), &scan).await);
    assert!(state == DeliveryState::Planned && why.contains("comes first"), "{why}");
    assert_eq!(world.office.record(), []);

    // Nobody wants that one any more.
    let row = world.row(&DeliveryId::derived(ROUTE, &scope)).await;
    let cancelled = DeliveryRecord { state: DeliveryState::Cancelled, due: None, ..row };
    assert!(world.store.put_delivery(cancelled).await.unwrap().is_some());
    settle(world.clone(), alone(scan.clone())).await;
    let row = world.row(&DeliveryId::derived(ROUTE, &scan.0)).await;
    let home = "98306";
    assert_eq!((row.state, shown(&world, &row).parent.as_str()), (DeliveryState::Delivered, home));
}

/// Who sends the page of the scope is done long before its turn would be over.
#[tokio::test]
async fn a_scan_waits_no_longer_than_the_page_of_its_scope_takes() {
    let world = World::new().await;
    let [(scope, posture), scan] = both(1, "false");
    world.want_look(ROUTE, &scope, posture.look()).await;
    let row = world.row(&DeliveryId::derived(ROUTE, &scope)).await;
    let due = Some(Timestamp::now().plus(Duration::from_secs(3_600)));
    let sending = DeliveryRecord { state: DeliveryState::Sending, due, ..row };
    assert!(world.store.put_delivery(sending).await.unwrap().is_some());
    let patient = Times { again_at_most: Duration::from_secs(3_600), ..times() };
    let row = first(&world, &sender_with(&world, "SEC", &["atlassian"], patient), &scan).await;
    assert!(row.due.unwrap() < Timestamp::now().plus(Duration::from_secs(2)), "{row:?}");
}

#[tokio::test]
async fn a_scan_whose_scope_has_no_page_any_more_is_told_all_the_same() {
    let world = World::new().await;
    let [posture, scan] = both(1, "false");
    let scope = first(&world, &sender(&world), &posture).await;
    assert!(world.office.confluence().delete(&scope.remote.unwrap()));
    let row = first(&world, &sender(&world), &scan).await;
    let home = "98306";
    assert_eq!((row.state, shown(&world, &row).parent.as_str()), (DeliveryState::Delivered, home));
}

fn alone((subject, page): (Subject, Page)) -> Pages {
    Arc::new([(DeliveryId::derived(ROUTE, &subject), page)].into())
}

#[tokio::test]
async fn a_version_that_somebody_else_made_meanwhile_is_read_again() {
    let world = World::new().await;
    let [posture, _] = both(1, "false");
    let row = first(&world, &sender(&world), &posture).await;
    let id = row.remote.clone().unwrap();
    // Between our reading and our writing a person writes.
    world.office.order_on(Vendor::Confluence, "PUT", &format!("/pages/{id}"), Fault::Late(ms(150)));
    let (office, page_id) = (Arc::clone(&world.office), id.clone());
    let person = tokio::spawn(async move {
        tokio::time::sleep(ms(75)).await;
        assert!(office.confluence().edit(&page_id, "by hand"));
    });
    let row = first(&world, &sender(&world), &renamed(1)).await;
    person.await.unwrap();
    let page = shown(&world, &row);
    assert_eq!((row.state, page.number()), (DeliveryState::Delivered, 3));
    assert!(page.body().contains("Something else is off"));
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_makes_one_page() {
    let world = World::new().await;
    world.office.order_on(Vendor::Confluence, "POST", "/pages", Fault::Lost);
    let [posture, _] = both(1, "false");
    let row = first(&world, &sender(&world), &posture).await;
    assert_eq!(row.state, DeliveryState::Unknown);
    let pages = want(&world, 1..2, "false").await;
    settle(world.clone(), pages).await;
    agree(&world).await;
    assert_eq!(world.wrote("page.update"), 0, "what was made is found as it was made");
}

#[tokio::test]
async fn a_create_that_comes_to_pass_after_every_look_makes_no_second_page() {
    let world = World::new().await;
    world.office.order_on(Vendor::Confluence, "POST", "/pages", Fault::Late(Duration::from_millis(2_500)));
    let pages = want(&world, 1..2, "false").await;
    settle(world.clone(), pages).await;
    tokio::time::sleep(ms(2_200)).await;
    agree(&world).await;
}

#[tokio::test]
async fn a_page_of_somebody_else_is_left_alone() {
    let world = World::new().await;
    let (subject, page) = both(1, "false")[0].clone();
    // Another route's page of the same scope has the title.
    let other = {
        let outcome = outcome(1, "false");
        let id = DeliveryId::derived("others", &subject);
        Page::of("others", policy::Pages::default(), &id, &outcome, &Shape::Posture(vec![])).unwrap()
    };
    world.want_look("others", &subject, other.look()).await;
    let row = world.row(&DeliveryId::derived("others", &subject)).await;
    let theirs = over(sender(&world).deliver(&row, &other).await.unwrap());
    let (state, why) = told(&first(&world, &sender(&world), &(subject, page)).await);
    assert!(state == DeliveryState::Failed && why.contains("is not ours"), "{why}");
    assert_eq!((shown(&world, &theirs).number(), world.wrote("page.create")), (1, 1));
}

#[tokio::test]
async fn each_refusal_says_what_to_do() {
    let world = World::new().await;
    world.office.set_token("reader", &["read:space:confluence", "read:page:confluence"]);
    let told_by = async |number: usize, space: &str, tokens: &[&'static str]| {
        let [posture, _] = both(number, "false");
        told(&first(&world, &sender_in(&world, space, tokens), &posture).await)
    };
    let (state, why) = told_by(1, "SEC", &["reader"]).await;
    assert!(state == DeliveryState::Parked && why.contains("write:page:confluence"), "{why}");
    let (state, why) = told_by(2, "NOPE", &["atlassian"]).await;
    assert!(state == DeliveryState::Parked && why.contains("no space 'NOPE'"), "{why}");
    let (state, why) = told_by(3, "SEC", &["gone", "gone too"]).await;
    assert!(state == DeliveryState::Parked && why.contains("connect the account again"), "{why}");
    world.office.order(Vendor::Confluence, Fault::Status(503));
    let down = told_by(4, "SEC", &["atlassian"]).await;
    assert!(down.0 != DeliveryState::Failed, "{down:?}");

    // A page that people deleted is not made again.
    let [posture, _] = both(5, "false");
    let row = first(&world, &sender(&world), &posture).await;
    assert!(world.office.confluence().delete(row.remote.as_ref().unwrap()));
    let (state, why) = told(&first(&world, &sender(&world), &renamed(5)).await);
    assert!(state == DeliveryState::Failed && why.contains("Page not found"), "{why}");
}

#[tokio::test]
async fn the_page_of_a_scan_has_its_findings_in_a_file_where_that_is_allowed() {
    let world = World::new().await;
    let outcome = outcome(1, "false");
    let findings: Vec<&News> = outcome.findings.iter().map(AsRef::as_ref).collect();
    let subject = Subject::Scan(outcome.scan.clone());
    let page = |route: &str, files: bool| {
        let id = DeliveryId::derived(route, &subject);
        Page::of(route, policy::Pages { files }, &id, &outcome, &Shape::ScanPage(findings.clone())).unwrap()
    };
    // An upload whose answer is lost is a version of the one file.
    world.office.order_on(Vendor::Confluence, "PUT", "/child/attachment", Fault::Lost);
    let with = page(ROUTE, true);
    world.want_look(ROUTE, &subject, with.look()).await;
    settle(world.clone(), Arc::new([(DeliveryId::derived(ROUTE, &subject), with)].into())).await;
    let there = shown(&world, &world.row(&DeliveryId::derived(ROUTE, &subject)).await);
    let files: Vec<&String> = there.files.keys().collect();
    assert_eq!(files, ["checkmate-findings.csv"]);
    let text = String::from_utf8(there.files["checkmate-findings.csv"].versions[0].to_vec()).unwrap();
    assert!(text.contains("\"App 1\"") && text.lines().count() == 2, "{text}");
    assert!(there.body().contains("checkmate-findings.csv"));

    let world = World::new().await;
    let row = first(&world, &sender(&world), &(subject.clone(), page(ROUTE, false))).await;
    let there = shown(&world, &row);
    assert!(there.files.is_empty() && there.body().contains("lacks the scope write:confluence-file"));
}
