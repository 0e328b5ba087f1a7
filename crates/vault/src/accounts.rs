//! What the Management API shows of a user's accounts in the vault, without an exchange.

use checkmate_domain::{ConnectionName, Scopes, Timestamp, UserId};
use checkmate_outbound::{BaseUrl, Call, CallError, Client};
use serde::{Deserialize, Deserializer};

use crate::budget;
use crate::lease::Lease;

/// Accounts in one page, and pages at most: more than any user has.
const PAGE: &str = "20";
const PAGES: usize = 50;

/// A connected account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AccountView {
    /// By which connection.
    pub connection: ConnectionName,
    /// What the user allowed.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// When it was connected.
    #[serde(default, deserialize_with = "time")]
    pub created_at: Option<Timestamp>,
    /// When its refresh token ends, where the provider says.
    #[serde(default, deserialize_with = "time")]
    pub expires_at: Option<Timestamp>,
}

/// The tokens that are kept for an account. The `expires_at` that the tenant shows of them is that of the access token, which
/// it renews by itself: it says nothing of the account's end and is not read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TokensetView {
    /// By which connection.
    pub connection: ConnectionName,
    /// When they were used last.
    #[serde(default, deserialize_with = "time")]
    pub last_used_at: Option<Timestamp>,
}

/// A time as Auth0 writes it; one that cannot be read counts as not said.
fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    let at = text.and_then(|text| text.parse::<jiff::Timestamp>().ok());
    Ok(at.map(|at| Timestamp::from_millis(at.as_millisecond())))
}

/// Why they cannot be seen.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// No answer, or none that can be read.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The tenant refuses.
    #[error("the Management API answers HTTP {status}: {}", advice(*status))]
    Refused {
        /// Its status.
        status: u16,
    },
}

/// What a person does about a status.
const fn advice(status: u16) -> &'static str {
    match status {
        401 | 403 => "the Management client needs the scope read:users",
        404 => "the tenant knows no such user; look at the user of this connection in the configuration",
        429 => "it limits requests; ask again later",
        500.. => "the tenant is in trouble; ask again later",
        _ => "the log of the tenant tells more",
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    connected_accounts: Vec<AccountView>,
    next: Option<String>,
}

/// Every account of a user.
///
/// # Errors
/// When the tenant does not show them.
pub async fn connected_accounts(
    base: &BaseUrl,
    client: &Client,
    lease: &Lease,
    user: &UserId,
) -> Result<Vec<AccountView>, AccountsError> {
    let (mut all, mut from) = (Vec::new(), None::<String>);
    for _ in 0..PAGES {
        let url = base.join(&["api", "v2", "users", user.as_str(), "connected-accounts"]);
        let call = Call::get(url).bearer(lease.secret()).budget(budget::api(base)).query("take", PAGE);
        let call = match &from {
            Some(from) => call.query("from", from),
            None => call,
        };
        let answer = client.send(&call).await?;
        if !answer.is_success() {
            return Err(AccountsError::Refused { status: answer.status });
        }
        let page: Page = answer.json()?;
        all.extend(page.connected_accounts);
        from = page.next.filter(|next| !next.is_empty());
        if from.is_none() {
            break;
        }
    }
    Ok(all)
}

/// The tokens that are kept for a user.
///
/// # Errors
/// When the tenant does not show them.
pub async fn tokensets(
    base: &BaseUrl,
    client: &Client,
    lease: &Lease,
    user: &UserId,
) -> Result<Vec<TokensetView>, AccountsError> {
    let url = base.join(&["api", "v2", "users", user.as_str(), "federated-connections-tokensets"]);
    let call = Call::get(url).bearer(lease.secret()).budget(budget::api(base));
    let answer = client.send(&call).await?;
    if !answer.is_success() {
        return Err(AccountsError::Refused { status: answer.status });
    }
    Ok(answer.json()?)
}

/// The scopes of an account as a set; what cannot be one is left out.
#[must_use]
pub fn scopes_of(account: &AccountView) -> Scopes {
    account
        .scopes
        .iter()
        .fold(Scopes::default(), |kept, scope| format!("{kept} {scope}").parse().unwrap_or(kept))
}
