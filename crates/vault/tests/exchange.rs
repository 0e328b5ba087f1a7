//! Leases from a strict tenant.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod common;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use checkmate_domain::{LeaseResult, Timestamp};
use checkmate_outbound::Call;
use checkmate_sandbox::Fault;
use checkmate_vault::{LeaseClass, ManagementRequest, Mode, NoTurn, Turn, Turns};
use common::{Site, github, refresh_token};

#[tokio::test]
async fn a_privileged_worker_gets_what_the_provider_takes() {
    let site = Site::new().await;
    let lease = site.lease(&github()).await.unwrap();
    assert_eq!(lease.granted().to_string(), "read:org repo");
    assert!(lease.expires_at() > Timestamp::now().plus(Duration::from_secs(3_500)));
    let shown = format!("{lease:?}");
    assert!(site.sandbox.tokens().iter().all(|token| !shown.contains(token)), "{shown}");

    let url = format!("{}/provider/github/user", site.sandbox.base()).parse().unwrap();
    let answer = site.client.send(&Call::get(url).bearer(lease.secret())).await.unwrap();
    assert_eq!(answer.status, 200);

    // Their log and our trail tell of the same credential, and theirs of our job.
    let (theirs, ours) = (site.sandbox.log(), site.audit.outcomes());
    assert_eq!((theirs.len(), theirs[0].kind), (1, "seta"));
    let LeaseResult::Granted { thumbprint, .. } = &ours[0].result else { panic!("{ours:?}") };
    assert_eq!(theirs[0].token_thumbprint.as_ref(), Some(thumbprint));
    let context = theirs[0].audit_context.as_deref().unwrap();
    assert!(context.starts_with("job=job-1 scan=scan-1 lease="), "{context}");
    assert!(context.contains(ours[0].lease.as_str()) && context.ends_with("purpose=test"), "{context}");
}

#[tokio::test]
async fn every_way_to_ask_is_taken() {
    for ps256 in [false, true] {
        let site = Site::with(|setup| setup.ps256 = ps256).await;
        site.lease(&github()).await.unwrap();
    }
    let site = Site::with(|setup| setup.client_secret = true).await;
    site.lease(&github()).await.unwrap();
    let refresh = Site::with(|setup| setup.mode = Some(Mode::RefreshToken(refresh_token("rt_1")))).await;
    assert_eq!(refresh.lease(&github()).await.unwrap().granted().to_string(), "read:org repo");
    let access = Site::with(|setup| setup.mode = Some(Mode::AccessToken(refresh_token("at_1")))).await;
    assert_eq!(access.lease(&github()).await.unwrap().granted().to_string(), "read:org repo");
}

#[tokio::test]
async fn the_management_api_says_what_it_grants() {
    let site = Site::with(|setup| setup.management = true).await;
    let request = ManagementRequest {
        job: None,
        scan: None,
        scopes: "read:users".parse().unwrap(),
        purpose: "readiness".to_owned(),
    };
    let lease = site.vault.management(&site.client, &request).await.unwrap();
    assert_eq!(lease.granted().to_string(), "read:clients read:connections read:users");
    let url = format!("{}/api/v2/users/auth0%7Ccheckmate/connected-accounts", site.sandbox.base());
    let answer = site.client.send(&Call::get(url.parse().unwrap()).bearer(lease.secret())).await.unwrap();
    assert_eq!(
        answer.json::<serde_json::Value>().unwrap()["connected_accounts"].as_array().unwrap().len(),
        3
    );
}

#[tokio::test]
async fn what_may_pass_is_tried_again_with_another_assertion() {
    let site = Site::new().await;
    for fault in [Fault::Status(500), Fault::RateLimited { retry_after: 0 }] {
        site.sandbox.order(fault);
    }
    site.lease(&github()).await.unwrap();
    let (intents, outcomes) = (site.audit.intents(), site.audit.outcomes());
    let ids: BTreeSet<_> = intents.iter().map(|intent| intent.lease.as_str()).collect();
    assert_eq!((ids.len(), outcomes.len(), site.sandbox.reused_ids()), (3, 3, 0));
    let granted = |result: &LeaseResult| matches!(result, LeaseResult::Granted { .. });
    assert_eq!(outcomes.iter().filter(|outcome| granted(&outcome.result)).count(), 1);

    // A wait beyond our patience is the job's, not ours.
    site.sandbox.order(Fault::RateLimited { retry_after: 120 });
    let error = site.lease(&github()).await.unwrap_err();
    let again_in = Some(Duration::from_secs(120));
    assert_eq!(error.class, LeaseClass::Transient { again_in });
}

#[tokio::test]
async fn a_garbled_answer_hands_nothing_out() {
    let site = Site::new().await;
    for _ in 0..3 {
        site.sandbox.order(Fault::Garbage);
    }
    let error = site.lease(&github()).await.unwrap_err();
    assert!(matches!(error.class, LeaseClass::Transient { .. }), "{error}");
    site.sandbox.order(Fault::Redirect("https://evil.example/oauth/token".to_owned()));
    let error = site.lease(&github()).await.unwrap_err();
    assert_eq!(error.class, LeaseClass::Misconfigured, "{error}");
}

#[tokio::test]
async fn without_an_audit_trail_nothing_is_leased() {
    let site = Site::new().await;
    site.audit.away(true, false);
    let error = site.lease(&github()).await.unwrap_err();
    assert_eq!(error.class, LeaseClass::NoAudit);
    assert!(site.sandbox.log().is_empty(), "nothing was asked for");

    // Granted and not written down: not handed out.
    site.audit.away(false, true);
    assert_eq!(site.lease(&github()).await.unwrap_err().class, LeaseClass::NoAudit);
    assert_eq!(site.sandbox.log().len(), 1);

    site.audit.away(false, false);
    site.lease(&github()).await.unwrap();
}

#[tokio::test]
async fn a_missing_expiry_is_an_hour() {
    let site = Site::new().await;
    site.sandbox.set(|tenant| tenant.connection_mut("github").unwrap().says_expiry = false);
    let lease = site.lease(&github()).await.unwrap();
    let left = lease.expires_at().since(Timestamp::now());
    assert!((3_590..=3_600).contains(&left.as_secs()), "{left:?}");
}

#[tokio::test]
async fn one_at_a_time_where_the_provider_rotates() {
    let site = std::sync::Arc::new(Site::new().await);
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let site = site.clone();
        asking.spawn(async move { site.lease(&github()).await.map(|_| ()) });
    }
    for outcome in asking.join_all().await {
        outcome.unwrap();
    }
    assert_eq!(site.sandbox.exchanges_at_once(), 1);
}

/// Turns that are certain for so long, and how they ended.
struct Short(Duration, Arc<Mutex<Vec<&'static str>>>);

#[async_trait]
impl Turns for Short {
    async fn turn(&self, _key: &str, _within: Duration) -> Result<Box<dyn Turn>, NoTurn> {
        Ok(Box::new(Self(self.0, Arc::clone(&self.1))))
    }
}

#[async_trait]
impl Turn for Short {
    fn left(&self) -> Option<Duration> {
        Some(self.0)
    }

    async fn end(self: Box<Self>) {
        self.1.lock().unwrap().push("ended");
    }

    async fn leave(self: Box<Self>) {
        self.1.lock().unwrap().push("left");
    }
}

#[tokio::test]
async fn an_exchange_never_outlasts_its_turn() {
    let (left, ends) = (Duration::from_millis(200), Arc::<Mutex<Vec<_>>>::default());
    let site = Site::with(|setup| setup.turns = Arc::new(Short(left, Arc::clone(&ends)))).await;
    site.sandbox.order(Fault::Withheld);
    let began = Instant::now();
    let error = site.lease(&github()).await.unwrap_err();
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?} of 10 s that an answer may take",
        began.elapsed()
    );
    assert!(matches!(error.class, LeaseClass::Transient { .. }), "{error}");
    assert_eq!(*ends.lock().unwrap(), ["left"], "the tenant may still be at it");
    assert_eq!(site.audit.outcomes().len(), 1);

    let site = Site::with(|setup| setup.turns = Arc::new(Short(Duration::ZERO, Arc::clone(&ends)))).await;
    let error = site.lease(&github()).await.unwrap_err();
    assert_eq!(error.class, LeaseClass::Busy, "{error}");
    assert!(site.sandbox.said().is_empty(), "nothing was asked");
    assert_eq!((site.audit.intents().len(), site.audit.outcomes().len()), (1, 1));
    assert_eq!(*ends.lock().unwrap(), ["left", "ended"]);
}

/// 1,000 jobs while a fifth of all requests fail: each ends with a lease or in a class that says to come again, no assertion
/// is used twice, and no account is spoilt by two at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_jobs_among_faults() {
    const AGAIN: usize = 20;
    let site = std::sync::Arc::new(Site::with(|setup| setup.read_timeout = Duration::from_secs(2)).await);
    site.sandbox.chaos(0.2, 7);
    // Making a client costs more than using it: nobody's time runs while others are made.
    let clients: Vec<_> = (0..1_000).map(|_| site.outbound.client().unwrap()).collect();
    let mut asking = tokio::task::JoinSet::new();
    for (number, client) in clients.into_iter().enumerate() {
        let site = site.clone();
        asking.spawn(async move {
            // A third share an account whose provider rotates; the rest need no turn.
            let connection = if number % 10 == 0 { github() } else { common::teams() };
            // A job that is told to come again does: what limits one is a pause for all of them.
            let mut last = LeaseClass::Busy;
            for _ in 0..AGAIN {
                match site.lease_by(&client, &connection).await {
                    Ok(_) => return Ok(()),
                    Err(error) => last = error.class,
                }
                let wait = match last {
                    LeaseClass::Transient { again_in } => again_in.unwrap_or(Duration::from_millis(200)),
                    LeaseClass::Busy => Duration::from_millis(200),
                    _ => break,
                };
                tokio::time::sleep(wait.min(Duration::from_secs(2))).await;
            }
            Err(last)
        });
    }
    let (mut leased, mut later) = (0, 0);
    for outcome in asking.join_all().await {
        match outcome {
            Ok(()) => leased += 1,
            // Who does not get a turn in time comes again too.
            Err(LeaseClass::Transient { .. } | LeaseClass::Busy) => later += 1,
            Err(class) => panic!("{class:?} is no answer to a fault"),
        }
    }
    assert_eq!(leased + later, 1_000);
    assert!(leased > 990, "{leased} leased, {later} to come again");
    assert_eq!((site.sandbox.reused_ids(), site.sandbox.exchanges_at_once()), (0, 1));
    let (intents, outcomes) = (site.audit.intents(), site.audit.outcomes());
    assert_eq!(intents.len(), outcomes.len(), "every attempt has its end in the trail");
}
