//! What a person does about it.

use std::time::Duration;

use checkmate_domain::{Account, Scopes};

use crate::classify::Cause;
use crate::error::LeaseClass;
use crate::tenant::{ClientAuth, Place, Tenant};

/// What is known besides the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    /// The connection's name in the configuration; none for the Management API.
    pub(crate) connection: Option<&'a str>,
    pub(crate) account: &'a Account,
    pub(crate) tenant: &'a Tenant,
    /// How far this machine's clock is ahead of the tenant's, in seconds, where it matters.
    pub(crate) skew: Option<i64>,
}

/// A clock that is further ahead, or further behind, in seconds, spoils assertions: their `iat` may be 10 s ahead at most,
/// and they are made to last 50 s of the 60 that count. A little less, for what is measured in whole seconds.
const AHEAD_MATTERS: i64 = 8;
const BEHIND_MATTERS: i64 = 45;

/// The class of a cause.
pub(crate) fn class(cause: Cause, again_in: Option<Duration>) -> LeaseClass {
    match cause {
        Cause::NotConnected | Cause::ProviderRefused | Cause::UnknownIdentity | Cause::SessionLost => {
            LeaseClass::NeedsConnect
        }
        Cause::ClientAuth | Cause::Subject | Cause::SecondFactor => LeaseClass::Misconfigured,
        Cause::NotAllowed | Cause::WeakSignIn | Cause::Unknown => LeaseClass::Denied,
        Cause::RateLimited | Cause::Down => LeaseClass::Transient { again_in },
    }
}

/// The command or page that mends it.
pub(crate) fn advice(cause: Cause, facts: Facts<'_>) -> String {
    let Facts { connection, account, tenant, .. } = facts;
    let Tenant { domain, client_id: client, place, .. } = tenant;
    let user = match account {
        Account::Connection { user, .. } => user.as_str(),
        Account::Tenant { client, .. } => client,
    };
    let name = connection.unwrap_or("NAME");
    let connect = format!("'checkmate connections connect {name}'");
    match cause {
        Cause::NotConnected => format!("Connect the account with {connect}, signed in as {user}."),
        Cause::ProviderRefused => format!(
            "The provider does not renew this account's access: it was revoked there, or the provider is away. If it goes on, connect it again: {connect}."
        ),
        Cause::UnknownIdentity => {
            format!("Look at connections.{name}.user and login_hint in the configuration: the tenant knows no such identity.")
        }
        Cause::SessionLost => {
            "The token in vault.subject_token_file is not good any more: sign in again and put a new one there.".to_owned()
        }
        Cause::WeakSignIn => {
            "The tenant asks for a newer sign-in, or one with a second factor, than that behind the token in vault.subject_token_file: sign in again so and put a new one there.".to_owned()
        }
        Cause::SecondFactor => second_factor(domain),
        Cause::ClientAuth => clock(facts).unwrap_or_else(|| client_auth(tenant)),
        Cause::Subject => clock(facts).unwrap_or_else(|| format!(
            "Look at vault.subject_key_file: its public half must be registered for Token Vault's privileged access of client {client}, which is another key than the client's own; and auth0.domain must be the tenant's own host, {domain}."
        )),
        Cause::NotAllowed if *place != Place::Vault => format!(
            "Grant client {client} the Management API of {domain} with the scopes it needs (Applications > APIs > Auth0 Management API > Machine to Machine)."
        ),
        Cause::NotAllowed => format!(
            "Look at client {client} of {domain}: the grant type of Token Vault, the connection's switch for this client, and under privileged access the grants (connection and scopes) and the IP allow list, which must hold the address this machine is seen from."
        ),
        Cause::RateLimited => format!("{domain} limits requests; it is tried again when it allows."),
        Cause::Down => format!("{domain} is in trouble; it is tried again. https://status.auth0.com tells more."),
        Cause::Unknown => format!(
            "Nobody knows this answer: the log of {domain} (Monitoring > Logs, type feta) has it with this job's id in its audit context."
        ),
    }
}

/// Nobody is asked for a second factor where no person is present.
pub(crate) fn second_factor(domain: &str) -> String {
    format!(
        "{domain} asks everybody for a second factor, also where no person is present: set Security > Multi-factor Auth > Require Multi-factor Auth to Never there, and ask people for it in a post-login Action."
    )
}

/// The client was not taken for itself: by the key or the secret that is in use, where it stands.
fn client_auth(tenant: &Tenant) -> String {
    let Tenant { domain, client_id: client, auth, place, .. } = tenant;
    let [id, file] = ["id", auth.file()].map(|what| place.of_client(what));
    let where_ = place.of_tenant("domain");
    match auth {
        ClientAuth::PrivateKeyJwt(_) => format!(
            "Look at {id}, {file} and {where_}: the key's public half must be registered with client {client} of {domain} for private_key_jwt."
        ),
        ClientAuth::ClientSecret(_) => format!(
            "Look at {id}, {file} and {where_}: the file must hold the secret that client {client} of {domain} has now (Applications > Applications > its Credentials). It is read when a process starts."
        ),
    }
}

/// There was no answer, and there will be none as it is configured.
pub(crate) fn no_way(place: &Place) -> String {
    format!("Look at {}, {} and [outbound].", place.of_tenant("domain"), place.of_tenant("base_url"))
}

/// The account has less than is needed.
pub(crate) fn scopes(missing: &Scopes, facts: Facts<'_>) -> String {
    let name = facts.connection.unwrap_or("NAME");
    format!(
        "Connect the account again with the missing scopes ({missing}): add them to connections.{name}.scopes, then 'checkmate connections connect {name}'."
    )
}

fn clock(facts: Facts<'_>) -> Option<String> {
    let skew = facts.skew.filter(|skew| *skew > AHEAD_MATTERS || *skew < -BEHIND_MATTERS)?;
    let (by, way) = (skew.abs(), if skew > 0 { "ahead of" } else { "behind" });
    Some(format!(
        "This machine's clock is {by} s {way} that of {}: set it by NTP; assertions last 60 s.",
        facts.tenant.domain
    ))
}
