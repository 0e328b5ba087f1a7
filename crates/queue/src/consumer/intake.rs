//! One queue: subscribe, take a permit, take a message, start its task; again when the subscription ends.

use std::sync::Arc;

use checkmate_service::Backoff;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::job::{Ended, work_on};
use super::{DrainReport, Intake, Shared};
use crate::contract::Consumer;

pub(super) async fn run(shared: Arc<Shared>, intake: Intake) -> DrainReport {
    let slots = Arc::new(Semaphore::new(usize::from(intake.slots)));
    let mut jobs = JoinSet::new();
    let mut report = DrainReport::default();
    let mut backoff = Backoff::new(shared.config.retry_first, shared.config.retry_most);
    while !shared.stop.draining().is_cancelled() {
        match shared.broker.consume(intake.queue, intake.slots).await {
            Ok(mut consumer) => {
                let took = take(&shared, consumer.as_mut(), &slots, &mut jobs, &mut report).await;
                if shared.stop.draining().is_cancelled() {
                    break;
                }
                if took {
                    backoff.reset();
                }
                let why = consumer.ended_because().unwrap_or_else(|| "no reason given".to_owned());
                tracing::warn!(queue = %intake.queue, why, "subscription ended; made again");
            }
            Err(error) => {
                tracing::warn!(queue = %intake.queue, %error, failures = backoff.failures(), "cannot consume; tried again");
            }
        }
        if !shared.stop.sleep(backoff.fail()).await {
            break;
        }
    }
    while let Some(ended) = jobs.join_next().await {
        count(&mut report, ended);
    }
    report
}

/// Takes messages until the subscription ends or the intake is cut; tells whether there was any.
async fn take(
    shared: &Arc<Shared>,
    consumer: &mut dyn Consumer,
    slots: &Arc<Semaphore>,
    jobs: &mut JoinSet<Ended>,
    report: &mut DrainReport,
) -> bool {
    let mut took = false;
    loop {
        let Some(permit) = permit(shared, slots).await else { break };
        let delivery = tokio::select! {
            biased;
            () = shared.stop.draining().cancelled() => break,
            delivery = consumer.next() => delivery,
        };
        let Some(delivery) = delivery else { return took };
        took = true;
        let shared = shared.clone();
        jobs.spawn(async move {
            let ended = work_on(&shared, delivery).await;
            drop(permit);
            ended
        });
        while let Some(ended) = jobs.try_join_next() {
            count(report, ended);
        }
    }
    consumer.stop().await;
    took
}

async fn permit(shared: &Shared, slots: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    tokio::select! {
        biased;
        () = shared.stop.draining().cancelled() => None,
        permit = slots.clone().acquire_owned() => permit.ok(),
    }
}

fn count(report: &mut DrainReport, ended: Result<Ended, tokio::task::JoinError>) {
    match ended {
        Ok(Ended { late }) => {
            report.handled += 1;
            report.late.extend(late);
        }
        Err(error) => tracing::error!(%error, "a message's task failed; the message comes again"),
    }
}
