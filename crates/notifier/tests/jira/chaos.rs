//! Lost answers, limits, failures and kills: one ticket each, one remark for each change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use checkmate_domain::{DeliveryState, Subject, TransitionKind};
use checkmate_sandbox::jira::Category;
use checkmate_sandbox::{Chaos, Vendor};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::harness::{Tickets, World, finding, is_ours, project, tickets};

const ROWS: usize = 300;
const SEED: u64 = 20_261_127;

/// A wait that is asked for is a second at least, and a test of its own.
fn chaos() -> Chaos {
    Chaos { lost: 0.2, rate_limited: 0.1, server_error: 0.05, seed: SEED, ..Chaos::default() }
}

/// The tickets of each finding as seen now, put into the ledger and brought out; how often the sender was killed.
async fn round(
    world: &World,
    numbers: std::ops::Range<usize>,
    (seen, change, reopened): (&str, TransitionKind, u32),
    dice: &mut StdRng,
) -> (Tickets, Vec<Subject>, usize) {
    let news: Vec<_> = numbers.map(|number| finding(number, seen, change, reopened)).collect();
    let (tickets, subjects) = tickets(&project(), &news);
    assert_eq!(world.want(&tickets, &subjects).await, news.len());
    let settle = |world: World| {
        let (sender, tickets) = (Arc::new(world.sender()), Arc::clone(&tickets));
        async move { world.settle(sender, tickets).await }
    };
    let kills = world.settle_killed(settle, dice).await;
    (tickets, subjects, kills)
}

/// Every row has exactly one ticket, which carries our id and is the one that the ledger names; and Jira's own record says
/// the same.
async fn agree(world: &World, remarks: impl Fn(&str) -> usize) {
    let mut named = BTreeSet::new();
    for row in world.rows().await {
        assert_eq!((row.state, row.why.as_deref()), (DeliveryState::Delivered, None));
        let issue = world.ticket(&row.id);
        assert!(is_ours(&issue, &row.id));
        assert_eq!(row.remote.as_ref(), Some(&issue.key));
        assert_eq!(issue.links.len(), 1, "{}", issue.key);
        let marks: Vec<String> =
            issue.comments.iter().map(|one| one.properties["checkmate.change"].to_string()).collect();
        assert_eq!(marks.len(), remarks(issue.summary()), "{}: {marks:?}", issue.key);
        assert_eq!(marks.iter().collect::<BTreeSet<_>>().len(), marks.len(), "{}: {marks:?}", issue.key);
        named.insert(issue.key);
    }
    let made: Vec<String> = world
        .office
        .record()
        .into_iter()
        .filter(|written| written.what == "issue.create")
        .map(|written| written.on)
        .collect();
    assert_eq!(made.len(), named.len());
    assert_eq!(made.into_iter().collect::<BTreeSet<_>>(), named);
}

/// How many tickets are of each kind of status.
fn categories(world: &World) -> BTreeMap<Category, usize> {
    let mut counted = BTreeMap::new();
    world.office.jira().issues().iter().for_each(|one| *counted.entry(one.category).or_default() += 1);
    counted
}

fn number(summary: &str) -> usize {
    summary.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_ticket_each_and_one_remark_for_each_change_whatever_happens() {
    let (began, mut dice) = (Instant::now(), StdRng::seed_from_u64(SEED));
    let world = World::new().await;
    world.office.chaos(Vendor::Jira, chaos());

    let (_, _, kills) = round(&world, 0..ROWS, ("false", TransitionKind::Opened, 0), &mut dice).await;
    agree(&world, |_| 0).await;
    eprintln!("made: {kills} kills, {:?}", began.elapsed());
    assert!(kills > 2);

    round(&world, 0..40, ("nothing", TransitionKind::Changed, 0), &mut dice).await;
    agree(&world, |summary| usize::from(number(summary) < 40)).await;
    eprintln!("changed: {:?}", began.elapsed());

    round(&world, 0..60, ("false", TransitionKind::Resolved, 0), &mut dice).await;
    agree(&world, |summary| usize::from(number(summary) < 40) + usize::from(number(summary) < 60)).await;
    assert_eq!(categories(&world), [(Category::New, ROWS - 60), (Category::Done, 60)].into());
    eprintln!("closed: {:?}", began.elapsed());

    let back = round(&world, 0..20, ("false", TransitionKind::Reopened, 1), &mut dice).await;
    assert_eq!(categories(&world), [(Category::New, ROWS - 40), (Category::Done, 40)].into());
    eprintln!("opened again: {:?}", began.elapsed());

    // The same once more, with nothing going wrong: nothing is to be done, and nothing is.
    world.office.calm();
    let (tickets, subjects, _) = back;
    let before = world.office.record().len();
    assert_eq!(world.want(&tickets, &subjects).await, 0);
    world.settle(Arc::new(world.sender()), tickets).await;
    assert_eq!(world.office.record().len(), before);
    let unheard = world.office.record().iter().filter(|written| !written.answered).count();
    assert!(unheard > 50, "answers were lost: {unheard}");
    assert!(began.elapsed() < Duration::from_secs(120), "{:?}", began.elapsed());
}
