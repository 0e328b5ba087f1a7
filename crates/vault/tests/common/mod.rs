//! A tenant, a vault on it, and an audit trail in memory that can be away.

#![allow(dead_code, reason = "not every test needs every helper")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{JobId, LeaseIntent, LeaseOutcome, ScanId, Scopes, Secret};
use checkmate_outbound::{Circuit, Client, InProcess, Outbound, Settings};
use checkmate_sandbox::{ClientAuth as Registered, Sandbox, Tenant as Stand, User};
use checkmate_vault::{
    Algorithm, AuditSink, AuditUnavailable, ClientAuth, Connection, Lease, LeaseError, LeaseRequest,
    LocalTurns, Mode, Options, Place, SigningKey, Tenant, Turns, Vault,
};

pub(crate) const USER: &str = "auth0|checkmate";

/// The trail.
#[derive(Default)]
pub(crate) struct Trail {
    intents: Mutex<Vec<LeaseIntent>>,
    outcomes: Mutex<Vec<LeaseOutcome>>,
    no_intents: AtomicBool,
    no_outcomes: AtomicBool,
}

impl Trail {
    pub(crate) fn intents(&self) -> Vec<LeaseIntent> {
        self.intents.lock().unwrap().clone()
    }

    pub(crate) fn outcomes(&self) -> Vec<LeaseOutcome> {
        self.outcomes.lock().unwrap().clone()
    }

    pub(crate) fn away(&self, intents: bool, outcomes: bool) {
        self.no_intents.store(intents, Ordering::SeqCst);
        self.no_outcomes.store(outcomes, Ordering::SeqCst);
    }
}

#[async_trait]
impl AuditSink for Trail {
    async fn intent(&self, intent: &LeaseIntent) -> Result<(), AuditUnavailable> {
        if self.no_intents.load(Ordering::SeqCst) {
            return Err(AuditUnavailable("Redis at 10.0.0.1: no answer in time".to_owned()));
        }
        self.intents.lock().unwrap().push(intent.clone());
        Ok(())
    }

    async fn outcome(&self, outcome: &LeaseOutcome) -> Result<(), AuditUnavailable> {
        if self.no_outcomes.load(Ordering::SeqCst) {
            return Err(AuditUnavailable("Redis at 10.0.0.1: no answer in time".to_owned()));
        }
        self.outcomes.lock().unwrap().push(outcome.clone());
        Ok(())
    }
}

/// How a site differs from the usual one.
pub(crate) struct Setup {
    pub(crate) ps256: bool,
    pub(crate) client_secret: bool,
    pub(crate) management: bool,
    pub(crate) place: Place,
    pub(crate) turns: Arc<dyn Turns>,
    pub(crate) wrong_client_key: bool,
    pub(crate) wrong_subject_key: bool,
    pub(crate) domain: String,
    pub(crate) mode: Option<Mode>,
    pub(crate) no_mode: bool,
    pub(crate) keep_example_user: bool,
    pub(crate) read_timeout: Duration,
    pub(crate) base: Option<String>,
}

pub(crate) struct Site {
    pub(crate) sandbox: Sandbox,
    pub(crate) outbound: Outbound,
    pub(crate) client: Client,
    pub(crate) vault: Vault,
    pub(crate) audit: Arc<Trail>,
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup {
            ps256: false,
            client_secret: false,
            management: false,
            place: Place::Vault,
            turns: Arc::new(LocalTurns::default()),
            wrong_client_key: false,
            wrong_subject_key: false,
            domain: "acme.eu.auth0.com".to_owned(),
            mode: None,
            no_mode: false,
            keep_example_user: false,
            read_timeout: Duration::from_secs(10),
            base: None,
        };
        change(&mut setup);
        let (mut stand, example) = Stand::example();
        if !setup.keep_example_user {
            stand = stand.user(User {
                id: USER.to_owned(),
                password: String::new(),
                refresh_tokens: vec!["rt_1".to_owned()],
                access_tokens: vec![("at_1".to_owned(), "https://checkmate.example/".to_owned())],
            });
        }
        let worker = stand.client_mut("worker").unwrap();
        worker.resource_server = Some("https://checkmate.example/".to_owned());
        if setup.client_secret {
            worker.auth = Registered::Secret("s3cret".to_owned());
        }
        if setup.ps256 {
            worker.privileged.as_mut().unwrap().alg = "PS256";
            let public_pem = example.worker.public_pem.clone();
            worker.auth = Registered::PrivateKeyJwt { public_pem, alg: "PS256" };
        }
        let sandbox = Sandbox::start(stand).await.unwrap();
        let algorithm = if setup.ps256 { Algorithm::Ps256 } else { Algorithm::Rs256 };
        let key =
            |pem: &str| SigningKey::from_pem(&Secret::new(pem.as_bytes().to_vec()), algorithm, None).unwrap();
        let (own, subject) = (&example.worker.private_pem, &example.subject.private_pem);
        let client_key = if setup.wrong_client_key { subject } else { own };
        let client_key = if setup.management { &example.management.private_pem } else { client_key };
        let auth = if setup.client_secret {
            ClientAuth::ClientSecret(refresh_token("s3cret"))
        } else {
            ClientAuth::PrivateKeyJwt(key(client_key))
        };
        let subject_key = if setup.wrong_subject_key { own } else { subject };
        let mode = setup.mode.or_else(|| (!setup.no_mode).then(|| Mode::PrivilegedWorker(key(subject_key))));
        let tenant = Tenant {
            domain: setup.domain,
            base: setup.base.unwrap_or_else(|| sandbox.base()).parse().unwrap(),
            client_id: if setup.management { "management" } else { "worker" }.to_owned(),
            auth,
            place: setup.place,
        };
        let settings = Settings {
            read_timeout: setup.read_timeout,
            total_timeout: setup.read_timeout * 4,
            circuit: Circuit { failures: 1_000, ..Circuit::default() },
            ..Settings::default()
        };
        let outbound = Outbound::new(settings, Arc::new(InProcess::default())).unwrap();
        let audit = Arc::new(Trail::default());
        let options = Options { backoff: Duration::from_millis(5), ..Options::default() };
        let vault = Vault::new(tenant, mode, audit.clone(), setup.turns, options);
        Self { client: outbound.client().unwrap(), sandbox, outbound, vault, audit }
    }

    pub(crate) async fn lease(&self, connection: &Connection) -> Result<Lease, LeaseError> {
        self.lease_by(&self.client, connection).await
    }

    pub(crate) async fn lease_by(
        &self,
        client: &Client,
        connection: &Connection,
    ) -> Result<Lease, LeaseError> {
        self.lease_for(client, connection, Scopes::default()).await
    }

    pub(crate) async fn lease_for(
        &self,
        client: &Client,
        connection: &Connection,
        scopes: Scopes,
    ) -> Result<Lease, LeaseError> {
        let request = LeaseRequest {
            job: Some(JobId::new("job-1").unwrap()),
            scan: Some(ScanId::new("scan-1").unwrap()),
            connection,
            scopes,
            purpose: "test".to_owned(),
        };
        self.vault.lease(client, &request).await
    }
}

pub(crate) fn refresh_token(text: &str) -> Secret {
    Secret::new(text.as_bytes().to_vec())
}

pub(crate) fn github() -> Connection {
    connection("github", true)
}

pub(crate) fn teams() -> Connection {
    connection("microsoft-teams", false)
}

pub(crate) fn connection(name: &str, rotates: bool) -> Connection {
    Connection {
        name: name.to_owned(),
        connection: name.parse().unwrap(),
        user: USER.parse().unwrap(),
        login_hint: None,
        rotates,
        downscopes: false,
    }
}
