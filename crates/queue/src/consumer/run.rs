//! The loop: slots, intakes, jobs, and the way to a clean end.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use checkmate_service::{Backoff, Stop, metrics};
use futures::future::join_all;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::task::AbortOnDropHandle;

use super::Handler;
use super::alone::Gate;
use super::config::ConsumeConfig;
use super::feed::Feed;
use super::job::{self, Ended, Finished, Surroundings};
use super::liveness::{Liveness, RunningJob};
use super::running::tell_who_must_stop;
use super::slots::Slots;
use crate::contract::{Broker, Delivery};
use crate::names::Queue;

/// How often an idle loop shows that it is alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// Messages begun in a turn of the loop at most; in between it looks at everything else.
const BURST: usize = 64;
/// Beyond all time limits: what ends a job whose own end failed.
const MARGIN: Duration = Duration::from_secs(5);

/// Takes messages and has them handled, until stopped.
pub struct ConsumerLoop<H> {
    broker: Arc<dyn Broker>,
    handler: Arc<H>,
    config: ConsumeConfig,
    liveness: Arc<Liveness>,
    paused: Option<watch::Receiver<BTreeSet<Queue>>>,
}

/// How the end went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrainReport {
    /// Jobs begun in all.
    pub begun: u64,
    /// Of these given back unfinished, taken away or not settled: they come again.
    pub given_back: u64,
    /// The jobs that still ran when the grace period was over, and were told to stop.
    pub late: Vec<RunningJob>,
    /// How long draining took.
    pub took: Duration,
}

impl<H: Handler> ConsumerLoop<H> {
    /// Nothing is consumed before [`ConsumerLoop::run`].
    #[must_use]
    pub fn new(broker: Arc<dyn Broker>, handler: Arc<H>, config: ConsumeConfig) -> Self {
        Self { broker, handler, config, liveness: Liveness::new(), paused: None }
    }

    /// Of the queues in this set nothing is taken; what is in hand goes on. The set may change at any time; when its sender
    /// is gone it stays as it was.
    #[must_use]
    pub fn paused_by(mut self, queues: watch::Receiver<BTreeSet<Queue>>) -> Self {
        self.paused = Some(queues);
        self
    }

    /// What a health page asks.
    #[must_use]
    pub fn liveness(&self) -> Arc<Liveness> {
        Arc::clone(&self.liveness)
    }

    /// Works until `stop` drains, then ends in order. When it returns, every job has ended, except one that blocks its
    /// thread and can be ended by nothing but the end of the process; that one is named.
    pub async fn run(mut self, stop: Stop) -> DrainReport {
        let mut paused = self.paused.take();
        let mut intake = IntakeSide::new(&self);
        intake.pause(paused.as_mut());
        let mut jobs = Jobs::new(&self, &stop);
        let watching = tokio::spawn(tell_who_must_stop(self.liveness(), stop.killing().clone()));
        let watching = AbortOnDropHandle::new(watching);
        let mut sign_of_life = tokio::time::interval(SIGN_OF_LIFE);
        sign_of_life.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut draining = pin!(stop.draining().cancelled());
        loop {
            self.liveness.turn();
            let open = intake.slots.any_free() && jobs.around.gate.is_open();
            tokio::select! {
                biased;
                () = &mut draining => break,
                Some(ended) = jobs.running.join_next() => jobs.ended_with(ended),
                () = jobs.around.gate.changed() => {}
                () = changed(&mut paused) => intake.pause(paused.as_mut()),
                (number, delivery) = intake.next(), if open => {
                    jobs.begin(&intake.slots, number, delivery);
                    jobs.begin_ready(&mut intake);
                }
                _ = sign_of_life.tick() => {}
            }
        }
        let report = drain(intake, jobs, &self, &stop).await;
        watching.abort();
        if let Err(error) = watching.await
            && error.is_panic()
        {
            tracing::error!(%error, "jobs were not told to stop, a fault in this program; please report it");
        }
        report
    }
}

/// Fires when other queues are paused, and never when nobody can change that any more.
async fn changed(paused: &mut Option<watch::Receiver<BTreeSet<Queue>>>) {
    if let Some(queues) = paused
        && queues.changed().await.is_ok()
    {
        return;
    }
    *paused = None;
    std::future::pending::<()>().await;
}

/// The subscriptions, in the order of preference.
struct IntakeSide {
    feeds: Vec<Feed>,
    slots: Arc<Slots>,
}

impl IntakeSide {
    fn new<H>(of: &ConsumerLoop<H>) -> Self {
        let ConsumeConfig { slots, intakes, resubscribe: (first, most), .. } = &of.config;
        let feed = |intake: &super::Intake| {
            metrics::slots(intake.queue.name(), intake.most);
            let (broker, liveness) = (Arc::clone(&of.broker), Arc::clone(&of.liveness));
            Feed::new(broker, intake.queue, intake.most, Backoff::new(*first, *most), liveness)
        };
        Self { feeds: intakes.iter().map(feed).collect(), slots: Slots::new(*slots, intakes) }
    }

    fn pause(&mut self, queues: Option<&mut watch::Receiver<BTreeSet<Queue>>>) {
        let Some(queues) = queues else { return };
        let paused = queues.borrow_and_update();
        for feed in &mut self.feeds {
            feed.pause(paused.contains(&feed.queue()));
        }
    }

    /// The next message of an intake that has a slot free. Dropping the future loses nothing. A paused intake needs no slot
    /// to give back what it has not taken.
    async fn next(&mut self) -> (usize, Delivery) {
        next_of(&mut self.feeds, 0, &self.slots).await
    }

    /// The same of what is here already.
    fn ready(&mut self) -> Option<(usize, Delivery)> {
        let slots = &self.slots;
        let mut feeds = self.feeds.iter_mut().enumerate().filter(|(number, _)| slots.free(*number));
        feeds.find_map(|(number, feed)| feed.ready().map(|delivery| (number, delivery)))
    }
}

/// The next message of one of these intakes, the first of which has this number.
async fn next_of(feeds: &mut [Feed], number: usize, slots: &Slots) -> (usize, Delivery) {
    let Some((first, rest)) = feeds.split_first_mut() else { return std::future::pending().await };
    let asked = slots.free(number) || first.is_paused();
    if rest.is_empty() && asked {
        return (number, first.next().await);
    }
    tokio::select! {
        biased;
        delivery = first.next(), if asked => (number, delivery),
        other = Box::pin(next_of(rest, number + 1, slots)) => other,
    }
}

/// The jobs in hand.
struct Jobs<H> {
    around: Arc<Surroundings<H>>,
    running: JoinSet<Finished>,
    begun: u64,
    given_back: u64,
    late: Vec<RunningJob>,
}

impl<H: Handler> Jobs<H> {
    fn new(of: &ConsumerLoop<H>, stop: &Stop) -> Self {
        let ConsumeConfig { slots, grace, after_trouble, settle_within, .. } = of.config;
        let around = Surroundings {
            handler: Arc::clone(&of.handler),
            gate: Gate::new(slots),
            liveness: Arc::clone(&of.liveness),
            killing: stop.killing().clone(),
            grace,
            after_trouble,
            settle_within,
        };
        Self { around: Arc::new(around), running: JoinSet::new(), begun: 0, given_back: 0, late: Vec::new() }
    }

    fn begin(&mut self, slots: &Arc<Slots>, intake: usize, delivery: Delivery) {
        self.begun += 1;
        self.running.spawn(job::run(Arc::clone(&self.around), delivery, slots.take(intake)));
    }

    /// Begins what is here already: each turn of the loop asks everything anew, which costs more.
    fn begin_ready(&mut self, intake: &mut IntakeSide) {
        for _ in 1..BURST {
            // A job of before may run on another thread by now, and want to be alone.
            let ready = if self.around.gate.is_open() { intake.ready() } else { None };
            let Some((number, delivery)) = ready else { return };
            self.begin(&intake.slots, number, delivery);
        }
    }

    /// Takes all that have ended: each turn of the loop asks the intakes anew, which costs more.
    fn ended_with(&mut self, first: Result<Finished, JoinError>) {
        self.ended(first);
        while let Some(ended) = self.running.try_join_next() {
            self.ended(ended);
        }
    }

    async fn all_end(&mut self) {
        while let Some(ended) = self.running.join_next().await {
            self.ended(ended);
        }
    }

    fn ended(&mut self, ended: Result<Finished, JoinError>) {
        match ended {
            Ok(Finished { ended, late }) => {
                let settled = matches!(ended, Ended::Decided | Ended::Overruled);
                self.given_back += u64::from(!settled);
                self.late.extend(late);
            }
            Err(error) => {
                self.given_back += 1;
                if error.is_panic() {
                    tracing::error!(%error, "a job's task failed outside of its handler; please report it");
                }
            }
        }
    }
}

async fn drain<H: Handler>(
    mut intake: IntakeSide,
    mut jobs: Jobs<H>,
    of: &ConsumerLoop<H>,
    stop: &Stop,
) -> DrainReport {
    let began = Instant::now();
    let cut = join_all(intake.feeds.iter_mut().map(Feed::stop));
    let in_time = async {
        tokio::select! {
            biased;
            () = jobs.all_end() => {}
            () = stop.killing().cancelled() => {}
        }
    };
    tokio::join!(cut, in_time);
    // Told to stop, they end by themselves within their grace, and their verdicts within theirs.
    let most = of.config.grace + of.config.settle_within + MARGIN;
    if tokio::time::timeout(most, jobs.all_end()).await.is_err() {
        jobs.running.abort_all();
        let _ = tokio::time::timeout(MARGIN, jobs.all_end()).await;
        jobs.late.extend(of.liveness.running());
    }
    for RunningJob { id, queue, ran, .. } in &jobs.late {
        tracing::warn!(%queue, id, ran_seconds = ran.as_secs(), "not finished within the grace period");
    }
    // Only now: leases may hang on the subscription they came through.
    drop(intake);
    DrainReport { begun: jobs.begun, given_back: jobs.given_back, late: jobs.late, took: began.elapsed() }
}
