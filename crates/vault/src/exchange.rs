//! Asks the tenant's token endpoint, with everything that is written down about it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use checkmate_domain::{
    Account, JobId, LeaseId, LeaseIntent, LeaseOutcome, LeaseResult, ScanId, Scopes, Secret, Timestamp,
};
use checkmate_outbound::{Answer, Call, CallError, Client, Repeat};

use crate::advice::{self, Facts};
use crate::answer::{self, Granted};
use crate::audit::{AuditSink, AuditUnavailable};
use crate::budget;
use crate::classify::Cause;
use crate::error::{LeaseClass, LeaseError};
use crate::jwt::{self, Claims};
use crate::keys::SigningKey;
use crate::lease::{Lease, thumbprint};
use crate::tenant::{ClientAuth, Connection, LeaseRequest, ManagementRequest, Mode, Tenant};
use crate::turns::{NoTurn, Turns};

const GRANT: &str = "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token";
const FEDERATED: &str = "http://auth0.com/oauth/token-type/federated-connection-access-token";
const PRIVILEGED: &str = "http://auth0.com/oauth/token-type/token-vault-access-token";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Assertions are refused when they are older than 60 s.
const GOOD_FOR: i64 = 50;
/// The longest context in Auth0's log.
const LONGEST_CONTEXT: usize = 256;
/// No skew was measured.
const UNKNOWN: i64 = i64::MIN;

/// Bounds of a lease.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The most attempts while what is wrong may pass; each is an assertion, an intent and an outcome of its own.
    pub attempts: u32,
    /// For all attempts with their waits; what would wait longer is left to the job's own retry.
    pub patience: Duration,
    /// Before the second attempt where nobody says how long to wait; doubled for each further one.
    pub backoff: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { attempts: 3, patience: Duration::from_secs(20), backoff: Duration::from_millis(500) }
    }
}

/// Leases credentials of one tenant.
pub struct Vault {
    tenant: Tenant,
    mode: Option<Mode>,
    audit: Arc<dyn AuditSink>,
    turns: Arc<dyn Turns>,
    options: Options,
    skew: AtomicI64,
}

/// What is asked for, whoever asks.
struct Ask<'a> {
    job: Option<&'a JobId>,
    scan: Option<&'a ScanId>,
    account: Account,
    scopes: &'a Scopes,
    purpose: &'a str,
    what: What<'a>,
}

#[derive(Clone, Copy)]
enum What<'a> {
    Account(&'a Connection, &'a Mode),
    Management,
}

/// An exchange without a credential.
struct Refused {
    error: LeaseError,
    /// It looks the same when the provider is away for a moment.
    may_pass: bool,
    /// The answer was lost: the tenant may still be at it.
    under_way: bool,
}

impl Vault {
    /// Over a tenant. Without a mode it leases for the Management API only.
    #[must_use]
    pub fn new(
        tenant: Tenant,
        mode: Option<Mode>,
        audit: Arc<dyn AuditSink>,
        turns: Arc<dyn Turns>,
        options: Options,
    ) -> Self {
        Self { tenant, mode, audit, turns, options, skew: AtomicI64::new(UNKNOWN) }
    }

    /// The tenant it asks.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// A credential of an account. `client` is the job's own.
    ///
    /// # Errors
    /// By class; with what a person does.
    pub async fn lease(&self, client: &Client, request: &LeaseRequest<'_>) -> Result<Lease, LeaseError> {
        let connection = request.connection;
        let account = connection.account();
        let Some(mode) = &self.mode else {
            return Err(LeaseError {
                class: LeaseClass::Misconfigured,
                account: Box::new(account),
                status: None,
                said: "Token Vault is not configured".to_owned(),
                advice: "Set vault.mode and its keys in the configuration.".to_owned(),
            });
        };
        let lease = self
            .obtain(
                client,
                &Ask {
                    job: request.job.as_ref(),
                    scan: request.scan.as_ref(),
                    account,
                    scopes: &request.scopes,
                    purpose: &request.purpose,
                    what: What::Account(connection, mode),
                },
            )
            .await?;
        self.suffices(lease, connection, &request.scopes)
    }

    /// A credential for the tenant's Management API.
    ///
    /// # Errors
    /// By class; with what a person does.
    pub async fn management(
        &self,
        client: &Client,
        request: &ManagementRequest,
    ) -> Result<Lease, LeaseError> {
        let account =
            Account::Tenant { host: self.tenant.domain.clone(), client: self.tenant.client_id.clone() };
        self.obtain(
            client,
            &Ask {
                job: request.job.as_ref(),
                scan: request.scan.as_ref(),
                account,
                scopes: &request.scopes,
                purpose: &request.purpose,
                what: What::Management,
            },
        )
        .await
    }

    /// Refuses what may do less than is needed, before the vendor is called. GitHub Apps name no scopes.
    fn suffices(&self, lease: Lease, connection: &Connection, needed: &Scopes) -> Result<Lease, LeaseError> {
        let missing = lease.granted.missing(needed);
        if lease.granted.is_empty() || missing.is_empty() {
            return Ok(lease);
        }
        let facts = self.facts(Some(connection), &lease.account);
        Err(LeaseError {
            class: LeaseClass::NeedsConnect,
            account: Box::new(lease.account.clone()),
            status: None,
            said: format!("the account may do less than is needed; missing: {missing}"),
            advice: advice::scopes(&missing, facts),
        })
    }

    async fn obtain(&self, client: &Client, ask: &Ask<'_>) -> Result<Lease, LeaseError> {
        let began = Instant::now();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let Refused { error, may_pass, under_way } = match self.in_turn(client, ask).await {
                Ok(lease) => return Ok(lease),
                Err(refused) => refused,
            };
            let step = self.options.backoff.saturating_mul(2_u32.saturating_pow(attempt - 1));
            let wait = match error.class {
                LeaseClass::Transient { again_in } => {
                    // Not all who were told the same time at once.
                    let jitter = rand::random_range(0.0..0.2);
                    again_in.map_or(step.mul_f64(0.5 + 2.5 * jitter), |wait| wait.mul_f64(1.0 + jitter))
                }
                // Once: then the account is taken for lost.
                _ if may_pass && attempt == 1 => step,
                _ => return Err(error),
            };
            let alone = under_way && ask.connection().is_some_and(|connection| connection.rotates);
            if alone || attempt >= self.options.attempts || began.elapsed() + wait > self.options.patience {
                return Err(error);
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn in_turn(&self, client: &Client, ask: &Ask<'_>) -> Result<Lease, Refused> {
        let What::Account(connection, _) = ask.what else { return self.attempt(client, ask, None).await };
        if !connection.rotates {
            return self.attempt(client, ask, None).await;
        }
        let key = format!("turn:{}:{}", connection.user, connection.connection);
        let turn = self.turns.turn(&key, self.options.patience).await.map_err(|none| {
            let advice = match &none {
                NoTurn::Busy => "It waits its turn: its provider takes one at a time.",
                NoTurn::Unavailable(_) => "It waits until the store answers again.",
            };
            refused(LeaseClass::Busy, &ask.account, none.to_string(), advice.to_owned())
        })?;
        let until = turn.left().and_then(|left| Instant::now().checked_add(left));
        let outcome = self.attempt(client, ask, until).await;
        match &outcome {
            Err(refused) if refused.under_way => turn.leave().await,
            _ => turn.end().await,
        }
        outcome
    }

    /// One attempt: intent, exchange, outcome. The exchange is over by `until`, when the turn may be another's.
    async fn attempt(
        &self,
        client: &Client,
        ask: &Ask<'_>,
        until: Option<Instant>,
    ) -> Result<Lease, Refused> {
        let id = fresh_id();
        let no_audit = |error: AuditUnavailable| {
            let advice =
                "Nothing was leased. Jobs wait until the store takes the audit trail again.".to_owned();
            let said = format!("the audit trail cannot be written: {error}");
            refused(LeaseClass::NoAudit, &ask.account, said, advice)
        };
        let intent = LeaseIntent {
            lease: id.clone(),
            job: ask.job.cloned(),
            scan: ask.scan.cloned(),
            account: ask.account.clone(),
            scopes: ask.scopes.clone(),
            purpose: ask.purpose.to_owned(),
        };
        self.audit.intent(&intent).await.map_err(no_audit)?;
        let exchanged = match until.map(|until| until.saturating_duration_since(Instant::now())) {
            Some(Duration::ZERO) => Err(turn_is_over(&ask.account)),
            left => self.exchange(client, ask, &id, left).await,
        };
        let (result, lease) = match exchanged {
            Ok(granted) => {
                let lease = leased(granted, ask.account.clone());
                let (scopes, thumbprint) = (lease.granted.clone(), lease.thumbprint.clone());
                (LeaseResult::Granted { scopes, expires_at: lease.expires_at, thumbprint }, Ok(lease))
            }
            Err(refused) => {
                let error = &refused.error;
                let class = error.class.word().to_owned();
                (LeaseResult::Refused { class, status: error.status, said: error.said.clone() }, Err(refused))
            }
        };
        self.audit.outcome(&LeaseOutcome { lease: id, result }).await.map_err(no_audit)?;
        lease
    }

    async fn exchange(
        &self,
        client: &Client,
        ask: &Ask<'_>,
        id: &LeaseId,
        left: Option<Duration>,
    ) -> Result<Granted, Refused> {
        let now = Timestamp::now();
        let assertion = match &self.tenant.auth {
            ClientAuth::PrivateKeyJwt(key) => Some(self.client_assertion(key, now, ask)?),
            ClientAuth::ClientSecret(_) => None,
        };
        let subject = match ask.what {
            What::Account(connection, Mode::PrivilegedWorker(key)) => {
                Some(self.subject(key, connection, now, ask, id)?)
            }
            What::Account(..) | What::Management => None,
        };
        let url = self.tenant.base.join(&["oauth", "token"]);
        let call = Call::post(url).repeat(Repeat::Never).budget(budget::tokens(&self.tenant.domain));
        let call = call.form(&[("client_id", &self.tenant.client_id)]);
        let call = match (&self.tenant.auth, &assertion) {
            (_, Some(assertion)) => {
                call.form(&[("client_assertion_type", ASSERTION)]).secret_field("client_assertion", assertion)
            }
            (ClientAuth::ClientSecret(secret), None) => call.secret_field("client_secret", secret),
            (ClientAuth::PrivateKeyJwt(_), None) => call,
        };
        let call = self.with_grant(call, ask, subject.as_ref());
        let call = left.into_iter().fold(call, Call::within);
        match client.send(&call).await {
            Ok(answer) => self.judge(&answer, ask),
            Err(error) => Err(self.unanswered(&error, ask)),
        }
    }

    /// The fields of the grant; see the table of Token Vault's documentation.
    fn with_grant<'a>(&'a self, call: Call<'a>, ask: &Ask<'a>, subject: Option<&'a Secret>) -> Call<'a> {
        let (connection, mode) = match ask.what {
            What::Account(connection, mode) => (connection, mode),
            What::Management => {
                let audience = format!("{}api/v2/", self.tenant.audience());
                return call.form(&[("grant_type", "client_credentials"), ("audience", &audience)]);
            }
        };
        let call = call.form(&[("grant_type", GRANT), ("connection", connection.connection.as_str())]);
        let hint = |call: Call<'a>| match &connection.login_hint {
            Some(hint) => call.form(&[("login_hint", hint)]),
            None => call,
        };
        let kind = |kind: &str| format!("urn:ietf:params:oauth:token-type:{kind}");
        match (mode, subject) {
            (Mode::PrivilegedWorker(_), Some(subject)) => {
                let call = call
                    .form(&[("subject_token_type", &kind("jwt")), ("requested_token_type", PRIVILEGED)])
                    .secret_field("subject_token", subject);
                if connection.downscopes && !ask.scopes.is_empty() {
                    return call.form(&[("scope", &ask.scopes.to_string())]);
                }
                call
            }
            (Mode::RefreshToken(token), _) => hint(call)
                .form(&[("subject_token_type", &kind("refresh_token")), ("requested_token_type", FEDERATED)])
                .secret_field("subject_token", token),
            (Mode::AccessToken(token), _) => hint(call)
                .form(&[("subject_token_type", &kind("access_token")), ("requested_token_type", FEDERATED)])
                .secret_field("subject_token", token),
            (Mode::PrivilegedWorker(_), None) => call,
        }
    }

    fn client_assertion(&self, key: &SigningKey, now: Timestamp, ask: &Ask<'_>) -> Result<Secret, Refused> {
        let (audience, jti, client) = (self.tenant.audience(), fresh_id(), self.tenant.client_id.as_str());
        let iat = now.as_millis().div_euclid(1_000);
        let claims = Claims {
            iss: client,
            sub: client,
            aud: &audience,
            iat,
            exp: iat + GOOD_FOR,
            jti: jti.as_str(),
            audit_context: None,
        };
        jwt::sign(key, "JWT", &claims).ok_or_else(|| no_random(&ask.account))
    }

    fn subject(
        &self,
        key: &SigningKey,
        connection: &Connection,
        now: Timestamp,
        ask: &Ask<'_>,
        id: &LeaseId,
    ) -> Result<Secret, Refused> {
        let (audience, context) = (self.tenant.audience(), context(ask, id));
        let iat = now.as_millis().div_euclid(1_000);
        let claims = Claims {
            iss: &self.tenant.client_id,
            sub: connection.user.as_str(),
            aud: &audience,
            iat,
            exp: iat + GOOD_FOR,
            jti: id.as_str(),
            audit_context: Some(&context),
        };
        jwt::sign(key, "token-vault-req+jwt", &claims).ok_or_else(|| no_random(&ask.account))
    }

    fn judge(&self, answer: &Answer, ask: &Ask<'_>) -> Result<Granted, Refused> {
        let now = Timestamp::now();
        if let Some(theirs) = answer.date() {
            // Their clock shows whole seconds: half of one is the best guess.
            self.skew.store((now.as_millis() - theirs.as_millis() - 500) / 1_000, Ordering::Relaxed);
        }
        if !answer.is_success() {
            return Err(self.refusal(answer, ask, now));
        }
        let unreadable = |why: &str| {
            let (class, said) =
                (LeaseClass::Transient { again_in: None }, format!("the answer cannot be read: {why}"));
            let advice = advice::advice(Cause::Down, self.facts(ask.connection(), &ask.account));
            refused(class, &ask.account, said, advice)
        };
        answer::granted(&answer.body, now).map_err(unreadable)
    }

    fn refusal(&self, answer: &Answer, ask: &Ask<'_>, now: Timestamp) -> Refused {
        let (cause, said) = answer::refusal(answer.status, &answer.body);
        let cause = match (cause, ask.what) {
            // Only in these modes is there a session of a person to lose.
            (Cause::SessionLost, What::Account(_, Mode::PrivilegedWorker(_))) => Cause::Subject,
            (Cause::SessionLost, What::Management) => Cause::ClientAuth,
            // In the others the subject is the token of that session, and nobody signs.
            (Cause::Subject, What::Account(_, Mode::RefreshToken(_) | Mode::AccessToken(_))) => {
                Cause::SessionLost
            }
            (cause, _) => cause,
        };
        let said = said.unwrap_or_else(|| format!("{} answered without saying why", self.tenant.domain));
        let class = advice::class(cause, answer.retry_after(now));
        let advice = advice::advice(cause, self.facts(ask.connection(), &ask.account));
        let mut refused = refused(class, &ask.account, said, advice);
        refused.error.status = Some(answer.status);
        refused.may_pass = cause == Cause::ProviderRefused;
        refused
    }

    fn unanswered(&self, error: &CallError, ask: &Ask<'_>) -> Refused {
        let (class, advice) = if error.is_transient() {
            let advice = format!(
                "Is the way to {} open (DNS, firewall, outbound.proxy)? It is tried again.",
                self.tenant.base.host()
            );
            (LeaseClass::Transient { again_in: error.again_in() }, advice)
        } else {
            (LeaseClass::Misconfigured, advice::no_way(&self.tenant.place))
        };
        let refused = refused(class, &ask.account, error.to_string(), advice);
        Refused { under_way: error.maybe_sent(), ..refused }
    }

    fn facts<'a>(&'a self, connection: Option<&'a Connection>, account: &'a Account) -> Facts<'a> {
        let skew = self.skew.load(Ordering::Relaxed);
        Facts {
            connection: connection.map(|connection| connection.name.as_str()),
            account,
            tenant: &self.tenant,
            skew: (skew != UNKNOWN).then_some(skew),
        }
    }
}

impl<'a> Ask<'a> {
    fn connection(&self) -> Option<&'a Connection> {
        match self.what {
            What::Account(connection, _) => Some(connection),
            What::Management => None,
        }
    }
}

fn leased(granted: Granted, account: Account) -> Lease {
    let Granted { secret, scopes, expires_at } = granted;
    let thumbprint = thumbprint(&secret);
    Lease { secret, granted: scopes, expires_at, thumbprint, account }
}

fn refused(class: LeaseClass, account: &Account, said: String, advice: String) -> Refused {
    let error = LeaseError { class, account: Box::new(account.clone()), status: None, said, advice };
    Refused { error, may_pass: false, under_way: false }
}

fn turn_is_over(account: &Account) -> Refused {
    let said =
        "the audit trail took so long that the turn at this connection was over before anything was asked"
            .to_owned();
    refused(LeaseClass::Busy, account, said, "It waits for another turn.".to_owned())
}

fn no_random(account: &Account) -> Refused {
    let said = "the system gives no random numbers, so nothing can be signed".to_owned();
    refused(LeaseClass::Misconfigured, account, said, "Look at this machine.".to_owned())
}

/// What Auth0's log is told: which job of ours, and nothing about a person.
fn context(ask: &Ask<'_>, id: &LeaseId) -> String {
    let job = ask.job.map_or("none", JobId::as_str);
    let scan = ask.scan.map_or("none", ScanId::as_str);
    let text = format!("job={job} scan={scan} lease={id} purpose={}", ask.purpose);
    text.chars().map(|c| if c.is_ascii_graphic() { c } else { ' ' }).take(LONGEST_CONTEXT).collect()
}

/// Never used twice: 128 random bits.
#[allow(clippy::expect_used, reason = "32 hex digits are an id")]
fn fresh_id() -> LeaseId {
    LeaseId::new(hex::encode(rand::random::<[u8; 16]>())).expect("an id")
}
