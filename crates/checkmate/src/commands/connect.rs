//! `connections connect|disconnect NAME`: a person signs in by the browser, and allows or forgets the account.

use anyhow::{Context, bail};
use checkmate_domain::{LeaseId, LeaseIntent, LeaseOutcome, LeaseResult, Scopes, Secret};
use checkmate_outbound::{BaseUrl, Client};
use checkmate_vault::AuditSink;
use checkmate_vault::me::{Login, MeError, MyAccount, SignedIn};

use crate::EXIT_DONE;
use crate::commands::callback::{Callback, Visit};
use crate::commands::{Out, deliveries};
use crate::config::ConnectionConfig;
use crate::view::plain;
use crate::wiring::parts::Parts;

pub(super) async fn connect(parts: &Parts, name: &str, out: &mut Out) -> anyhow::Result<u8> {
    let one = configured(parts, name)?;
    let terminal = Terminal::open(parts).await?;
    let (token, visit) = terminal.sign_in(parts, one, "connections connect", out).await?;
    let me = terminal.me(&token);
    let callback = terminal.callback.uri();
    let started = match me.start(&one.connection, &one.scopes, &callback).await {
        Ok(started) => started,
        Err(error) => {
            visit.page("The connection could not be begun. The terminal says why.").await;
            return Err(error).context(format!("connection {} of {}", one.connection, one.user));
        }
    };
    visit.go_on(&started.url).await;
    out.text("signed in; now allow the account in the browser\n").await?;
    let visit = terminal.callback.visit(&started.state).await?;
    let code = visit.needed("connect_code")?.to_owned();
    let connected = match me.complete(&started, &code).await {
        Ok(connected) => connected,
        Err(error) => {
            visit.page("The account was not connected. The terminal says why.").await;
            return Err(error).context(format!("connection {} of {}", one.connection, one.user));
        }
    };
    visit.page("The account is connected. This page can be closed.").await;
    out.text(&told(name, one, &connected.scopes)).await?;
    let woken = deliveries::go_on(parts, name).await?;
    if woken > 0 {
        out.text(&format!("what was parked for it is tried at once; deliveries: {woken}\n")).await?;
    }
    Ok(EXIT_DONE)
}

fn told(name: &str, one: &ConnectionConfig, scopes: &[String]) -> String {
    let granted: Scopes = scopes.join(" ").parse().unwrap_or_default();
    let missing = granted.missing(&one.scopes);
    let mut text = format!("{name} is connected: {} of {}\n", one.connection, one.user);
    if !granted.is_empty() {
        text.push_str(&format!("it may {granted}\n"));
    }
    if !granted.is_empty() && !missing.is_empty() {
        text.push_str(&format!("it may not {missing}, which jobs need: allow these too\n"));
    }
    text.push_str(&format!("next: connections check {name}\n"));
    text
}

pub(super) async fn disconnect(parts: &Parts, name: &str, out: &mut Out) -> anyhow::Result<u8> {
    let one = configured(parts, name)?;
    let terminal = Terminal::open(parts).await?;
    let (token, visit) = terminal.sign_in(parts, one, "connections disconnect", out).await?;
    visit.page("Signed in. The terminal goes on; this page can be closed.").await;
    let me = terminal.me(&token);
    let accounts = me.list(&one.connection).await?;
    if accounts.is_empty() {
        bail!("{name} is not connected: {} of whoever signed in has no account", one.connection);
    }
    for account in &accounts {
        me.delete(&account.id).await?;
    }
    out.text(&format!(
        "{name} is disconnected: the tenant has forgotten the account of {}.\n\
         The provider was told nothing: revoke the app there too, under the account's authorised apps.\n",
        one.user
    ))
    .await?;
    Ok(EXIT_DONE)
}

fn configured<'a>(parts: &'a Parts, name: &str) -> anyhow::Result<&'a ConnectionConfig> {
    parts.config.connections.get(name).with_context(|| {
        let known: Vec<&str> = parts.config.connections.keys().map(String::as_str).collect();
        format!("no connection {name} is configured; there are: {}", known.join(", "))
    })
}

/// What a person at the terminal connects with.
struct Terminal {
    callback: Callback,
    client: Client,
    base: BaseUrl,
    domain: String,
    client_id: String,
}

impl Terminal {
    async fn open(parts: &Parts) -> anyhow::Result<Self> {
        let section = &parts.config.auth0;
        let domain = section.domain.clone().context("auth0.domain is not set: see docs/credentials.md")?;
        let client_id = section.terminal_client_id.clone().context(
            "auth0.terminal_client_id is not set: it names the public client of the tenant with which accounts are connected, see docs/credentials.md",
        )?;
        let base = section.base_url.clone().unwrap_or_else(|| format!("https://{domain}"));
        let base = base.parse().context("auth0.base_url")?;
        let client = parts.outbound()?.client()?;
        let callback = Callback::listen(section.callback_port).await?;
        Ok(Self { callback, client, base, domain, client_id })
    }

    fn me<'a>(&'a self, token: &'a Secret) -> MyAccount<'a> {
        MyAccount { base: &self.base, client: &self.client, token }
    }

    /// The user's token, in the audit trail like every other; and the browser, which waits.
    async fn sign_in(
        &self,
        parts: &Parts,
        one: &ConnectionConfig,
        purpose: &str,
        out: &mut Out,
    ) -> anyhow::Result<(Secret, Visit)> {
        let login = Login::begin(&self.base, &self.domain, &self.client_id, &self.callback.uri());
        out.text(&format!(
            "open this in a browser of this machine and sign in as {}:\n\n  {}\n\n",
            one.user, login.url
        ))
        .await?;
        let visit = self.callback.visit(&login.state).await?;
        let code = Secret::new(visit.needed("code")?.as_bytes().to_vec());
        let lease = LeaseId::new(hex::encode(rand::random::<[u8; 16]>()))?;
        let intent = LeaseIntent {
            lease: lease.clone(),
            job: None,
            scan: None,
            account: checkmate_domain::Account::Connection {
                connection: one.connection.clone(),
                user: one.user.clone(),
            },
            scopes: "create:me:connected_accounts read:me:connected_accounts delete:me:connected_accounts"
                .parse()?,
            purpose: purpose.to_owned(),
        };
        parts.audit.intent(&intent).await?;
        let signed_in = login.finish(&self.client, &code).await;
        let result = outcome(&signed_in, one);
        parts.audit.outcome(&LeaseOutcome { lease, result }).await?;
        match signed_in {
            Ok(SignedIn { token, user, .. }) if user == one.user.as_str() => Ok((token, visit)),
            Ok(SignedIn { user, .. }) => {
                visit.page("Somebody else signed in, so nothing was done. The terminal says who.").await;
                bail!(
                    "{} signed in, and the connection is of {}: nothing was changed; run this again and sign in as {}",
                    plain(&user, 100),
                    one.user,
                    one.user
                )
            }
            Err(error) => {
                visit.page("The sign-in did not come to its end. The terminal says why.").await;
                Err(error.into())
            }
        }
    }
}

/// What came of a sign-in, for the audit trail. A token of somebody else is one that was given, and used for nothing.
fn outcome(signed_in: &Result<SignedIn, MeError>, one: &ConnectionConfig) -> LeaseResult {
    let refused = |status, said| LeaseResult::Refused { class: "denied".to_owned(), status, said };
    match signed_in {
        Ok(SignedIn { token, user, scopes, expires_at }) if user == one.user.as_str() => {
            LeaseResult::Granted {
                scopes: scopes.clone(),
                expires_at: *expires_at,
                thumbprint: checkmate_vault::thumbprint(token),
            }
        }
        Ok(SignedIn { token, user, .. }) => {
            let thumbprint = checkmate_vault::thumbprint(token);
            refused(
                None,
                format!("{} signed in; the token (sha-256 {thumbprint}) was not used", plain(user, 100)),
            )
        }
        Err(error @ MeError::Refused { status, .. }) => refused(Some(*status), error.to_string()),
        Err(error) => refused(None, error.to_string()),
    }
}
