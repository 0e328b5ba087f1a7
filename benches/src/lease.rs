//! What a lease costs beside its HTTP round trip: signing, the records of the trail, judging the answer.
//!
//! The bare loop posts a body of the same length to the same server with the same HTTP library; the trail of ours is kept by
//! nobody, for its round trips do not count.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use checkmate_domain::{LeaseIntent, LeaseOutcome, Scopes, Secret};
use checkmate_outbound::{Client, NoBudget, Outbound, Settings};
use checkmate_sandbox::keys::RsaPair;
use checkmate_vault::{
    Algorithm, AuditSink, AuditUnavailable, ClientAuth, Connection, LeaseRequest, LocalTurns, Mode, Options,
    Place, SigningKey, Tenant, Vault,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::table::{Bar, Row};
use crate::turns::{Size, median};

/// As a tenant answers.
const ANSWER: &str = r#"{"access_token":"prv_0123456789abcdefghijklmnopqrstuvwxyzABCD","scope":"repo read:org","expires_in":3600,"token_type":"Bearer"}"#;
/// As long as the form of a lease: with two assertions, and with none.
const BODIES: (usize, usize) = (1_900, 500);

struct Nobody;

#[async_trait]
impl AuditSink for Nobody {
    async fn intent(&self, _intent: &LeaseIntent) -> Result<(), AuditUnavailable> {
        Ok(())
    }

    async fn outcome(&self, _outcome: &LeaseOutcome) -> Result<(), AuditUnavailable> {
        Ok(())
    }
}

/// With RS256 signing, and without.
///
/// # Errors
/// When nothing answers.
pub async fn measure(size: Size) -> anyhow::Result<Vec<Row>> {
    let server = Server::start().await?;
    let pair = RsaPair::generate();
    let key =
        || SigningKey::from_pem(&Secret::new(pair.private_pem.clone().into_bytes()), Algorithm::Rs256, None);
    let (auth, mode) = (ClientAuth::PrivateKeyJwt(key()?), Mode::PrivilegedWorker(key()?));
    let signed = beyond(&server, auth, mode, BODIES.0, size).await?;
    let secret = || Secret::new(b"a-secret-of-some-length".to_vec());
    let plain =
        beyond(&server, ClientAuth::ClientSecret(secret()), Mode::RefreshToken(secret()), BODIES.1, size)
            .await?;
    server.serving.abort();
    Ok(vec![
        Row::new("lease, beyond its round trip, RS256", signed, "us", Bar::AtMost(1_000.0))
            .told("privileged worker: two assertions of RSA 2048 for each lease"),
        Row::new("lease, beyond its round trip, unsigned", plain, "us", Bar::AtMost(150.0))
            .told("refresh token and client secret"),
    ])
}

/// The median of ours less the median of bare, in microseconds; both in turns.
async fn beyond(
    server: &Server,
    auth: ClientAuth,
    mode: Mode,
    body: usize,
    size: Size,
) -> anyhow::Result<f64> {
    let tenant = Tenant {
        domain: "acme.eu.auth0.com".into(),
        base: server.base.parse()?,
        client_id: "worker".into(),
        auth,
        place: Place::Vault,
    };
    let vault =
        Vault::new(tenant, Some(mode), Arc::new(Nobody), Arc::new(LocalTurns::default()), Options::default());
    let outbound = Outbound::new(Settings::default(), Arc::new(NoBudget))?;
    let client = outbound.client()?;
    let bare = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/oauth/token", server.base);
    let filler = "x".repeat(body);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..size.pick(2_000, 5) {
        let began = Instant::now();
        lease(&vault, &client).await?;
        ours.push(micros(began.elapsed()));
        let began = Instant::now();
        let answer = bare.post(&url).body(filler.clone()).send().await?.bytes().await?;
        theirs.push(micros(began.elapsed()));
        anyhow::ensure!(answer.len() == ANSWER.len(), "another answer");
    }
    Ok((median(&ours) - median(&theirs)).max(0.0))
}

async fn lease(vault: &Vault, client: &Client) -> anyhow::Result<()> {
    let connection = Connection {
        name: "teams".into(),
        connection: "microsoft-teams".parse()?,
        user: "auth0|checkmate".parse()?,
        login_hint: None,
        rotates: false,
        downscopes: false,
    };
    let request = LeaseRequest {
        job: Some("dff8f006c0d75d63d477b6010422a47f".parse()?),
        scan: Some("78189549f59987fd389c".parse()?),
        connection: &connection,
        scopes: Scopes::default(),
        purpose: "bench".into(),
    };
    vault.lease(client, &request).await?;
    Ok(())
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Answers every request alike, and keeps its connections.
struct Server {
    base: String,
    serving: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let serving = tokio::spawn(async move {
            let mut conversations = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                conversations.spawn(converse(stream));
            }
        });
        Ok(Self { base, serving })
    }
}

async fn converse(mut stream: TcpStream) {
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{ANSWER}",
        ANSWER.len()
    );
    let mut got = Vec::new();
    loop {
        while let Some(length) = request(&got) {
            got.drain(..length);
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
        match stream.read_buf(&mut got).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// How long the first whole request is.
fn request(got: &[u8]) -> Option<usize> {
    let end = got.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&got[..end]).ok()?.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let whole = end + length.map_or(Some(0), |length| length.trim().parse::<usize>().ok())?;
    (got.len() >= whole).then_some(whole)
}
