//! Faults of the servers and of the network, each with its own beat.

use std::time::Duration;

use async_trait::async_trait;
use checkmate_testkit::proxy::Proxy;
use checkmate_testkit::rabbit::Rabbit;
use checkmate_testkit::redis::Redis;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Something that breaks and is whole again when the call returns.
#[async_trait]
pub trait Fault: Send + 'static {
    /// Breaks it and mends it.
    async fn strike(&mut self, dice: &mut StdRng);
}

/// Something with its beat of faults, until it is told to be quiet.
pub struct Beat<F> {
    stop: CancellationToken,
    task: Option<JoinHandle<(F, u64)>>,
    whole: Option<(F, u64)>,
}

impl<F: Fault> Beat<F> {
    /// Strikes every so often on average, the first time after half of it; never when there is no `every`.
    #[must_use]
    pub fn start(fault: F, every: Option<Duration>, seed: u64) -> Self {
        let stop = CancellationToken::new();
        let Some(every) = every else { return Self { stop, task: None, whole: Some((fault, 0)) } };
        let task = tokio::spawn(beat(fault, every, StdRng::seed_from_u64(seed), stop.clone()));
        Self { stop, task: Some(task), whole: None }
    }

    /// No more strikes; returns when it is whole again.
    pub async fn quiet(&mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            self.whole = Some(task.await.expect("a fault failed"));
        }
    }

    /// What was struck, once it is quiet.
    #[must_use]
    pub fn whole(&self) -> Option<&F> {
        self.whole.as_ref().map(|(whole, _)| whole)
    }

    /// How often it was struck; 0 until it is quiet.
    #[must_use]
    pub fn strikes(&self) -> u64 {
        self.whole.as_ref().map_or(0, |(_, strikes)| *strikes)
    }
}

async fn beat<F: Fault>(
    mut fault: F,
    every: Duration,
    mut dice: StdRng,
    stop: CancellationToken,
) -> (F, u64) {
    let (mut wait, mut strikes) = (every / 2, 0);
    while stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_some() {
        let began = tokio::time::Instant::now();
        fault.strike(&mut dice).await;
        strikes += 1;
        wait = every.mul_f64(dice.random_range(0.7..1.3)).saturating_sub(began.elapsed());
    }
    (fault, strikes)
}

#[async_trait]
impl Fault for Redis {
    async fn strike(&mut self, dice: &mut StdRng) {
        tokio::task::block_in_place(|| self.kill9());
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..500))).await;
        tokio::task::block_in_place(|| self.launch());
    }
}

#[async_trait]
impl Fault for Rabbit {
    async fn strike(&mut self, _dice: &mut StdRng) {
        // Its future may not change threads, so it stays on this one.
        let runtime = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| runtime.block_on(self.restart()));
    }
}

/// The ways from one role to its servers.
#[derive(Debug)]
pub struct Link {
    /// To RabbitMQ.
    pub broker: Proxy,
    /// To Redis.
    pub store: Proxy,
}

/// All ways of all roles.
#[derive(Debug)]
pub struct Network(pub Vec<Link>);

#[async_trait]
impl Fault for Network {
    /// One role, or every third time all of them, loses one or both of its servers for one to three seconds.
    async fn strike(&mut self, dice: &mut StdRng) {
        let all = dice.random_range(0..3) == 0;
        let chosen = dice.random_range(0..self.0.len());
        let (broker, store) = [(true, false), (false, true), (true, true)][dice.random_range(0..3)];
        let manner = dice.random_range(0..3);
        let length = Duration::from_millis(dice.random_range(1_000..3_000));
        let links = self.0.iter().enumerate().filter(|(at, _)| all || *at == chosen).map(|(_, link)| link);
        let ways: Vec<&Proxy> = links
            .flat_map(|link| [broker.then_some(&link.broker), store.then_some(&link.store)])
            .flatten()
            .collect();
        for way in &ways {
            match manner {
                0 => way.stall(),
                1 => way.refuse(),
                _ => way.cut(),
            }
        }
        tokio::time::sleep(length).await;
        for way in ways {
            way.heal();
        }
    }
}
