//! The address of this machine that a browser comes back to: a very small server for a few requests of one person.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, bail};
use checkmate_vault::me::sent_back;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::Url;

use crate::view::plain;

/// The longest head of a request, in bytes.
const HEAD: usize = 8 * 1024;
/// Connections that are read at once.
const AT_ONCE: usize = 32;
/// For one request to come.
const REQUEST: Duration = Duration::from_secs(10);
/// For a person to sign in and to allow.
const PERSON: Duration = Duration::from_mins(5);

/// Listens for a browser.
pub(super) struct Callback {
    listener: TcpListener,
    port: u16,
}

/// A browser that came back and waits for what to do next.
pub(super) struct Visit {
    stream: TcpStream,
    /// What it brought.
    pub(super) query: BTreeMap<String, String>,
}

impl Callback {
    /// Listens on this port of the loopback address.
    pub(super) async fn listen(port: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .with_context(|| format!("cannot listen on 127.0.0.1:{port}: set auth0.callback_port to a free port that is a callback of the client"))?;
        Ok(Self { listener, port })
    }

    /// What the tenant must know as a callback.
    pub(super) fn uri(&self) -> String {
        format!("http://127.0.0.1:{}/callback", self.port)
    }

    /// Waits for the browser with this state. Others are sent away.
    pub(super) async fn visit(&self, state: &str) -> anyhow::Result<Visit> {
        let waiting = async {
            // Browsers open connections in advance and send nothing on them: none of these keeps the next one waiting.
            let mut reading = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = self.listener.accept(), if reading.len() < AT_ONCE => {
                        let state = state.to_owned();
                        let (stream, _) = accepted?;
                        reading.spawn(async move {
                            tokio::time::timeout(REQUEST, read(stream, &state)).await.ok().flatten()
                        });
                    }
                    Some(read) = reading.join_next() => {
                        if let Ok(Some(visit)) = read {
                            return anyhow::Ok(visit);
                        }
                    }
                }
            }
        };
        let visit = tokio::time::timeout(PERSON, waiting).await;
        let visit = visit.map_err(|_| {
            anyhow::anyhow!("nobody came back from the browser within 5 minutes: try again")
        })??;
        if let Some(error) = visit.query.get("error") {
            let why = visit.query.get("error_description").map(String::as_str).unwrap_or_default();
            let told = plain(&format!("{error}: {why}"), 300);
            let advice = sent_back(error, why);
            visit.page("It was not allowed. The terminal says more.").await;
            bail!("the tenant sent the browser back with {told}. {advice}");
        }
        Ok(visit)
    }
}

impl Visit {
    /// A value that must be there.
    pub(super) fn needed(&self, name: &str) -> anyhow::Result<&str> {
        self.query
            .get(name)
            .map(String::as_str)
            .with_context(|| format!("the browser came back without {name}: try again"))
    }

    /// Sends the browser on.
    pub(super) async fn go_on(mut self, to: &Url) {
        let answer =
            format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let _ = self.stream.write_all(answer.as_bytes()).await;
        let _ = self.stream.shutdown().await;
    }

    /// Shows a page; `text` is a text of ours.
    pub(super) async fn page(mut self, text: &'static str) {
        say(&mut self.stream, "200 OK", text).await;
    }
}

async fn say(stream: &mut TcpStream, status: &str, text: &str) {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>CheckMate</title>\
         <body style=\"font:1.2rem system-ui;margin:4rem\"><h1>CheckMate</h1><p>{text}</p></body></html>"
    );
    let length = page.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {length}\r\n\
         cache-control: no-store\r\nreferrer-policy: no-referrer\r\ncontent-security-policy: default-src 'none'; style-src 'unsafe-inline'\r\nconnection: close\r\n\r\n{page}"
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Reads a request; nothing when it is not the one that is waited for.
async fn read(mut stream: TcpStream, state: &str) -> Option<Visit> {
    let mut head = Vec::new();
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        if head.len() > HEAD || stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let query = checkmate_vault::callback::query(&head);
    let fits = query.as_ref().and_then(|query| query.get("state")).is_some_and(|given| {
        aws_lc_rs::constant_time::verify_slices_are_equal(given.as_bytes(), state.as_bytes()).is_ok()
    });
    match query {
        Some(query) if fits => Some(Visit { stream, query }),
        _ => {
            say(&mut stream, "404 Not Found", "Nothing waits for this.").await;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_on_which_nothing_comes_keeps_nobody_waiting() {
        let callback = Callback::listen(0).await.unwrap();
        let address = callback.listener.local_addr().unwrap();
        let _idle = TcpStream::connect(address).await.unwrap();
        let browser = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET /callback?state=s&code=c HTTP/1.1\r\n\r\n").await.unwrap();
            stream
        };
        let both = async { tokio::join!(callback.visit("s"), browser) };
        let (visit, _stream) = tokio::time::timeout(REQUEST / 2, both).await.unwrap();
        assert_eq!(visit.unwrap().needed("code").unwrap(), "c");
    }
}
