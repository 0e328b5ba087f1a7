//! What every broker must do, told once and run unchanged against each implementation.
//!
//! A test binary declares `#[macro_use] mod conformance;`, writes a [`Fixture`] and an async function that makes one with
//! empty queues, and then either `conformance!(each: make)`, one test per case, or `conformance!(all: make)`, one test
//! with all cases in turn where starting the broker is dear.

#![allow(dead_code, reason = "not every implementation needs every helper")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

pub(crate) mod hostile;
pub(crate) mod leases;
pub(crate) mod publishing;
pub(crate) mod random;
pub(crate) mod settling;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use checkmate_domain::Lane;
use checkmate_queue::{Broker, Consumer, Delivery, Destination, Outgoing, Queue, Settle, Settled};

/// Long enough for a slow broker; only a failing test waits that long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// How long a test looks before it believes that nothing comes.
pub(crate) const QUIET: Duration = Duration::from_millis(400);
/// The queue that `work` publishes to.
pub(crate) const WORK: Queue = Queue::ScanBulk;

/// One implementation with empty queues, and what can be done to it from outside.
#[async_trait]
pub(crate) trait Fixture: Send + Sync {
    /// The broker; after `restart` another one on the same data.
    fn broker(&self) -> Arc<dyn Broker>;

    /// Takes away every lease that is out, as a lost connection or a time-out does. The broker recovers by itself.
    async fn lose_leases(&self);

    /// Ends it hard and starts it again on what it had stored. A broker that was closed before is replaced.
    async fn restart(&self);

    /// The latest that a message put off by `after` comes back.
    fn back_within(&self, after: Duration) -> Duration;

    /// How many random sequences to try.
    fn random_cases(&self) -> u32;

    /// Deletes a queue behind the broker's back; false where there is no such thing.
    async fn delete_queue(&self, _queue: Queue) -> bool {
        false
    }

    /// Puts messages on the queue that no publisher of ours can make (headers that are no text, no id, wrong types) and
    /// tells how many; 0 where there is no way in but ours.
    async fn inject_malformed(&self, _queue: Queue) -> usize {
        0
    }
}

/// Makes the tests. The list of cases is here and nowhere else.
macro_rules! conformance {
    (each: $make:path) => { conformance! { @list each $make } };
    (all: $make:path) => { conformance! { @list all $make } };
    (@list $how:ident $make:path) => {
        conformance! { @$how $make;
            publishing::one_consumer_sees_the_order_of_publishing,
            publishing::confirmed_means_stored,
            publishing::nobody_listening_is_told_when_it_matters,
            publishing::result_events_reach_the_results_queue,
            publishing::a_batch_arrives_whole,
            publishing::depth_counts,
            leases::no_more_than_prefetch_is_leased,
            leases::what_is_here_is_had_without_waiting,
            leases::two_consumers_share,
            leases::stop_gives_back_what_was_not_taken,
            leases::a_lost_lease_says_so,
            leases::closing_loses_leases_but_no_message,
            leases::a_deleted_queue_ends_the_consumer,
            settling::done_removes,
            settling::later_comes_not_before_asked_and_complete,
            settling::a_long_delay_holds_up_no_short_one,
            settling::a_delay_survives_a_restart,
            settling::dead_says_where_and_why,
            settling::a_dead_letter_put_off_keeps_its_death,
            settling::requeue_comes_again,
            hostile::twenty_megabytes_do_no_harm,
            hostile::garbage_does_no_harm,
            random::nothing_lost_and_nothing_done_twice,
        }
    };
    (@each $make:path; $($module:ident :: $case:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                conformance::$module::$case(&$make().await).await;
            }
        )+
    };
    (@all $make:path; $($module:ident :: $case:ident),+ $(,)?) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn conformance() {
            $(
                eprintln!("case {}", stringify!($case));
                conformance::$module::$case(&$make().await).await;
            )+
        }
    };
}

/// A message for the bulk lane.
pub(crate) fn work(id: &str) -> Outgoing {
    Outgoing::new(Destination::Work(Lane::Bulk), id, format!("body of {id}").into_bytes())
}

/// Publishes to the bulk lane.
pub(crate) async fn publish(fixture: &dyn Fixture, ids: &[&str]) {
    fixture
        .broker()
        .publish(ids.iter().map(|id| work(id)).collect())
        .await
        .expect("a healthy broker confirms");
}

/// A consumer, as soon as the broker gives one.
pub(crate) async fn consume(fixture: &dyn Fixture, queue: Queue, prefetch: u16) -> Box<dyn Consumer> {
    let until = Instant::now() + PATIENCE;
    loop {
        match fixture.broker().consume(queue, prefetch).await {
            Ok(consumer) => return consumer,
            Err(error) if Instant::now() > until => panic!("cannot consume {queue}: {error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// The next delivery, which must come.
pub(crate) async fn next(consumer: &mut Box<dyn Consumer>) -> Delivery {
    tokio::time::timeout(PATIENCE, consumer.next())
        .await
        .expect("a message comes in time")
        .unwrap_or_else(|| panic!("the consumer ended: {:?}", consumer.ended_because()))
}

/// That nothing comes for a while.
pub(crate) async fn nothing_comes(consumer: &mut Box<dyn Consumer>) {
    match tokio::time::timeout(QUIET, consumer.next()).await {
        Err(_) => {}
        Ok(Some(delivery)) => panic!("{:?} came, nothing should", delivery.message.id),
        Ok(None) => panic!("the consumer ended: {:?}", consumer.ended_because()),
    }
}

/// The publisher's id.
pub(crate) fn id(delivery: &Delivery) -> String {
    delivery.message.id.clone().expect("our messages have an id")
}

/// Settles; must be accepted.
pub(crate) async fn settle(delivery: Delivery, verdict: Settle) {
    let what = delivery.message.id.clone();
    assert_eq!(delivery.lease.settle(verdict).await, Settled::Accepted, "{what:?}");
}

/// A verdict for later.
pub(crate) fn later(after: Duration) -> Settle {
    Settle::Later { after, reason: "not yet".to_owned() }
}

/// A verdict of death.
pub(crate) fn dead(reason: &str) -> Settle {
    Settle::Dead { reason: reason.to_owned() }
}

/// Waits until the queue has that many waiting and, where the broker tells, that many leased.
pub(crate) async fn depth_becomes(fixture: &dyn Fixture, queue: Queue, ready: u64, unacked: u64) {
    let until = Instant::now() + PATIENCE;
    loop {
        let depth = fixture.broker().depth(queue).await;
        let fits = |depth: &checkmate_queue::Depth| {
            depth.ready == ready && depth.unacked.is_none_or(|leased| leased == unacked)
        };
        if depth.as_ref().is_ok_and(fits) {
            return;
        }
        assert!(Instant::now() < until, "{queue}: wanted {ready} ready and {unacked} leased, got {depth:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
