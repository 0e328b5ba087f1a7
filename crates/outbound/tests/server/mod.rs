//! A server that answers each request by the next line of its script, and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What to do with a request.
#[derive(Clone)]
pub(crate) enum Act {
    /// Write this and close.
    Say(Vec<u8>),
    /// Write this and nothing more.
    SayThenHang(Vec<u8>),
    /// Say nothing, and keep the connection.
    Hang,
    /// Close without a word.
    Cut,
}

/// An answer with these headers (each with its line end).
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}")
        .into_bytes()
}

pub(crate) struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(script: Vec<Act>) -> Self {
        Self::serve(script, None).await
    }

    /// With TLS, as localhost; and the certificate to believe it by.
    pub(crate) async fn tls(script: Vec<Act>) -> (Self, String) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        (Self::serve(script, Some(TlsAcceptor::from(Arc::new(config)))).await, made.cert.pem())
    }

    async fn serve(script: Vec<Act>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = asked.clone();
        let serving = tokio::spawn(async move {
            let mut script = VecDeque::from(script);
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                match &tls {
                    None => converse(stream, &mut script, &kept).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            converse(stream, &mut script, &kept).await;
                        }
                    }
                }
            }
        });
        Self { port, asked, serving }
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.host())
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Every request, head and body.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    script: &mut VecDeque<Act>,
    asked: &Mutex<Vec<String>>,
) {
    let Some(request) = request(&mut stream).await else { return };
    asked.lock().unwrap().push(request);
    match script.pop_front().expect("more requests than the script has") {
        Act::Cut => {}
        Act::Say(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Act::SayThenHang(bytes) => {
            let _ = stream.write_all(&bytes).await;
            keep(stream);
        }
        Act::Hang => keep(stream),
    }
}

fn keep(stream: impl Send + 'static) {
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
    });
}

/// A whole request; `None` when there is none.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned)
            });
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
