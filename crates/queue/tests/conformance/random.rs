//! Random sequences against a model that knows only where each message must be.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use checkmate_queue::{Consumer, Delivery, Queue, Settle, Settled};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{
    Fixture, PATIENCE, WORK, consume, dead, depth_becomes, id, later, next, nothing_comes, settle, work,
};

const PREFETCH: u16 = 6;
static CASE: AtomicU64 = AtomicU64::new(0);

#[derive(Debug, Clone)]
enum Step {
    Publish(usize),
    Take,
    Settle(prop::sample::Index, Settle),
    LoseLeases,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Waiting,
    Delayed,
    Held,
    Done,
    Dead,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let verdict = prop_oneof![
        4 => Just(Settle::Done),
        2 => Just(Settle::Requeue),
        2 => (0u64..30).prop_map(|ms| later(Duration::from_millis(ms))),
        1 => Just(dead("random")),
    ];
    let step = prop_oneof![
        6 => (1usize..5).prop_map(Step::Publish),
        12 => Just(Step::Take),
        12 => (any::<prop::sample::Index>(), verdict).prop_map(|(which, verdict)| Step::Settle(which, verdict)),
        1 => Just(Step::LoseLeases),
    ];
    prop::collection::vec(step, 1..60)
}

struct Run<'a> {
    fixture: &'a dyn Fixture,
    consumer: Box<dyn Consumer>,
    held: Vec<Delivery>,
    places: BTreeMap<String, Place>,
    case: u64,
}

impl Run<'_> {
    fn count(&self, place: Place) -> usize {
        self.places.values().filter(|at| **at == place).count()
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Publish(count) => self.publish(count).await,
            Step::Take if self.held.len() < usize::from(PREFETCH) && self.count(Place::Waiting) > 0 => {
                self.take().await;
            }
            Step::Settle(which, verdict) if !self.held.is_empty() => {
                let delivery = self.held.remove(which.index(self.held.len()));
                self.settle(delivery, verdict).await;
            }
            Step::LoseLeases => self.lose_leases().await,
            Step::Take | Step::Settle(..) => {}
        }
    }

    async fn publish(&mut self, count: usize) {
        let first = self.places.len();
        let ids: Vec<String> = (first..first + count).map(|n| format!("{}/{n}", self.case)).collect();
        self.fixture.broker().publish(ids.iter().map(|id| work(id)).collect()).await.expect("confirmed");
        self.places.extend(ids.into_iter().map(|id| (id, Place::Waiting)));
    }

    async fn take(&mut self) {
        let delivery = next(&mut self.consumer).await;
        let before = self.places.insert(id(&delivery), Place::Held);
        assert!(matches!(before, Some(Place::Waiting | Place::Delayed)), "{} was {before:?}", id(&delivery));
        self.held.push(delivery);
    }

    async fn settle(&mut self, delivery: Delivery, verdict: Settle) {
        let place = match &verdict {
            Settle::Done => Place::Done,
            Settle::Requeue => Place::Waiting,
            Settle::Later { .. } => Place::Delayed,
            Settle::Dead { .. } => Place::Dead,
        };
        self.places.insert(id(&delivery), place);
        settle(delivery, verdict).await;
    }

    async fn lose_leases(&mut self) {
        self.fixture.lose_leases().await;
        for delivery in self.held.drain(..) {
            let lost = delivery.lease.lost();
            tokio::time::timeout(PATIENCE, lost.cancelled()).await.expect("the holder is told");
            self.places.insert(id(&delivery), Place::Waiting);
            assert_eq!(delivery.lease.settle(Settle::Done).await, Settled::LeaseLost);
        }
        self.consumer = consume(self.fixture, WORK, PREFETCH).await;
    }

    /// Everything not done or dead is still there, once.
    async fn check_the_rest(mut self) {
        for delivery in std::mem::take(&mut self.held) {
            self.settle(delivery, Settle::Requeue).await;
        }
        while self.count(Place::Waiting) + self.count(Place::Delayed) > 0 {
            self.take().await;
            let delivery = self.held.pop().expect("just taken");
            self.settle(delivery, Settle::Done).await;
        }
        let mut graveyard = consume(self.fixture, Queue::Dead, PREFETCH).await;
        while self.count(Place::Dead) > 0 {
            let body = next(&mut graveyard).await;
            assert_eq!(self.places.insert(id(&body), Place::Done), Some(Place::Dead), "{}", id(&body));
            settle(body, Settle::Done).await;
        }
        depth_becomes(self.fixture, WORK, 0, 0).await;
        depth_becomes(self.fixture, Queue::Dead, 0, 0).await;
    }
}

async fn run(fixture: &dyn Fixture, steps: Vec<Step>) {
    let consumer = consume(fixture, WORK, PREFETCH).await;
    let case = CASE.fetch_add(1, Ordering::Relaxed);
    let mut run = Run { fixture, consumer, held: Vec::new(), places: BTreeMap::new(), case };
    for step in steps {
        run.step(step).await;
    }
    run.check_the_rest().await;
}

pub(crate) async fn nothing_lost_and_nothing_done_twice(fixture: &dyn Fixture) {
    // A failed sequence leaves its messages behind, which would spoil every attempt to shrink it.
    let config = Config {
        cases: fixture.random_cases(),
        max_shrink_iters: 0,
        failure_persistence: None,
        ..Config::default()
    };
    let runtime = tokio::runtime::Handle::current();
    let result = tokio::task::block_in_place(|| {
        TestRunner::new(config).run(&steps(), |steps| {
            runtime.block_on(run(fixture, steps));
            Ok(())
        })
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    nothing_comes(&mut consume(fixture, WORK, PREFETCH).await).await;
    nothing_comes(&mut consume(fixture, Queue::Dead, PREFETCH).await).await;
}
