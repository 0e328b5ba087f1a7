//! A job over a limit is put off: the keeper leaves it alone until its message must be back.

use checkmate_domain::WorkerId;
use checkmate_scheduler::keeper::Round;
use checkmate_store::{Begin, BeginRequest, JobRecord, Limits, Store};

use crate::harness::{Bench, LONG, ms, new_scan, settle};

const LED: Round = Round { led: true, topped_up: 0, republished: 0, resent: 0, expired: 0, announced: 0 };

async fn begin(bench: &Bench, job: &JobRecord) -> Begin {
    let request = BeginRequest {
        job: job.id.clone(),
        holder: WorkerId::new("worker").unwrap(),
        ttl: LONG,
        alone: false,
        max_failures: 5,
        max_crashes: 2,
        max_crashes_alone: 3,
        limits: Limits { per_target: 1, per_organisation: 0 },
    };
    bench.store.begin_attempt(&request).await.unwrap()
}

#[tokio::test]
async fn what_was_put_off_is_sent_again_only_when_it_does_not_come_back() {
    let bench = Bench::new().await;
    let first = bench.sealed(&new_scan("a", 1, LONG), &["one"]).await.remove(0);
    let second = bench.sealed(&new_scan("b", 1, LONG), &["one"]).await.remove(0);
    bench.sent().await;
    assert!(matches!(begin(&bench, &first).await, Begin::Started(_)));
    let Begin::Full(wait) = begin(&bench, &second).await else { panic!("one of a target at a time") };
    settle().await;
    assert_eq!(bench.round().await, LED, "it is in the ladder");
    tokio::time::sleep(wait + ms(20)).await;
    settle().await;
    assert_eq!(bench.round().await, Round { republished: 1, ..LED });
    assert_eq!(bench.sent().await, [second.id.to_string()]);
}
