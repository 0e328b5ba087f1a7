//! Targets that are scanned in parts.

use std::collections::BTreeSet;

use checkmate_domain::{Part, PartId, ReportKind, ResourceId, RuleId};
use checkmate_queue::Queue;
use checkmate_scanners::Scanned;
use checkmate_store::{JobState, Store};

use crate::harness::{Bench, Call, Script, end_of, fine, target};

fn part(resources: &[&str]) -> Part {
    let rules = vec![RuleId::new("r").unwrap()];
    let resources: Vec<ResourceId> = resources.iter().map(|id| ResourceId::new(*id).unwrap()).collect();
    let id = PartId::derived(&rules.iter().collect::<Vec<_>>(), &resources.iter().collect::<Vec<_>>());
    Part { id, rules, resources }
}

fn in_two(call: &Call) -> Result<Scanned, checkmate_scanners::ScanError> {
    if call.is("large") && call.part.is_none() {
        return Ok(Scanned::Split(vec![part(&["a", "b"]), part(&["c"])]));
    }
    fine(call)
}

#[tokio::test]
async fn parts_answer_in_place_of_the_job_that_was_split() {
    let bench = Bench::new().await;
    let scanner = Script::over(&["large", "small"], |call| async move { in_two(&call) });
    let running = bench.start(&scanner, |_| {});
    // A window of one: the parts come behind the small target, and nobody waits for them in a slot.
    let id = bench.ask("a", 1).await;
    let scan = bench.until_worked_off(&id).await;
    running.drained().await;
    assert_eq!(
        (scan.total, scan.pending, scan.in_window),
        (4, 3, 0),
        "two targets and two parts, one of them split"
    );
    assert!(scan.ended.is_empty(), "a split is answered for by its parts: {scan:?}");
    let jobs = bench.jobs(&id).await;
    let states: Vec<_> =
        jobs.iter().map(|(_, job)| (job.spec.as_ref().unwrap().part.is_some(), job.state)).collect();
    assert_eq!(
        states,
        [
            (false, JobState::Ended),
            (false, JobState::Stored),
            (true, JobState::Stored),
            (true, JobState::Stored)
        ]
    );
    assert_eq!(end_of(&jobs[0].1), "split into parts");
    let mut seen = BTreeSet::new();
    for (_, job) in &jobs[2..] {
        let report = bench.store.report(&job.id).await.unwrap().unwrap();
        assert_eq!(
            (report.kind, &report.target),
            (ReportKind::Part, &target("large")),
            "a part speaks for the whole target's id"
        );
        seen.extend(job.spec.clone().unwrap().part.unwrap().resources);
    }
    assert_eq!(seen.len(), 3, "together they ask for everything");
    assert_eq!(bench.results().await.len(), 3);
}

#[tokio::test]
async fn a_split_job_that_comes_again_keeps_its_parts() {
    let bench = Bench::new().await;
    let scanner = Script::over(&["large"], |call| async move {
        if call.part.is_some() {
            return fine(&call);
        }
        let all: &[&str] = if call.time == 1 { &["a"] } else { &["b"] };
        Ok(Scanned::Split(vec![part(all)]))
    });
    let running = bench.start(&scanner, |_| {});
    let id = bench.ask("a", 5).await;
    bench.until_worked_off(&id).await;
    let before = bench.jobs(&id).await;
    bench.send(&before[0].1).await;
    bench.send(&before[0].1).await;
    bench.until_settled().await;
    running.drained().await;
    assert_eq!(bench.jobs(&id).await, before);
    assert_eq!(scanner.scans_of("large").len(), 1);
}

#[tokio::test]
async fn a_part_is_not_split_again() {
    let bench = Bench::new().await;
    let scanner = Script::over(&["large"], |call| async move {
        let deeper = if call.part.is_some() { part(&["deeper"]) } else { part(&["a"]) };
        Ok(Scanned::Split(vec![deeper]))
    });
    let running = bench.start(&scanner, |_| {});
    let id = bench.ask("a", 5).await;
    let scan = bench.until_worked_off(&id).await;
    running.drained().await;
    assert_eq!((scan.total, scan.pending), (2, 0));
    assert_eq!(scan.ended.get("failed"), Some(&1));
    assert!(scan.state.is_final());
    assert!(end_of(&bench.jobs(&id).await[1].1).contains("may not be split again"));
    assert_eq!(bench.depth(Queue::Results).await, (0, 0));
}

#[tokio::test]
async fn a_split_into_nothing_is_over() {
    let bench = Bench::new().await;
    let scanner = Script::over(&["large"], |_| async move { Ok(Scanned::Split(Vec::new())) });
    let running = bench.start(&scanner, |_| {});
    let id = bench.ask("a", 5).await;
    let scan = bench.until(&id, "over", |scan| scan.state.is_final()).await;
    running.drained().await;
    assert_eq!((scan.total, scan.pending), (1, 0), "{scan:?}");
}
