//! TLS in front of a server that has none.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Answers as `localhost`; gone when dropped.
#[derive(Debug)]
pub struct TlsFront {
    port: u16,
    certificate: String,
    _stop: DropGuard,
}

impl TlsFront {
    /// Listens on a free loopback port and passes to `upstream`.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start(upstream: SocketAddr) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der());
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.expect("a key just made"))
            .expect("a certificate just made");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let stop = CancellationToken::new();
        tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(acceptor.clone(), stream, upstream));
            }
        }));
        Self { port, certificate: made.cert.pem(), _stop: stop.drop_guard() }
    }

    /// Where to connect to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What to believe it by, PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }
}

async fn pass(acceptor: TlsAcceptor, stream: TcpStream, upstream: SocketAddr) {
    let (Ok(mut outer), Ok(mut inner)) = (acceptor.accept(stream).await, TcpStream::connect(upstream).await)
    else {
        return;
    };
    let _ = copy_bidirectional(&mut outer, &mut inner).await;
}
