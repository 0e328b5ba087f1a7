//! A TCP proxy that can cut, refuse, stall and slow what passes.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What happens to what passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Pass,
    /// Connections stay open and nothing gets through, in either way.
    Stall,
    /// Each piece waits so long.
    Delay(Duration),
    /// New connections are closed at once.
    Refuse,
}

/// A listening proxy; gone when dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    mode: watch::Sender<Mode>,
    cut: watch::Sender<u64>,
    _stop: DropGuard,
}

impl Proxy {
    /// Listens on a free loopback port and passes to `upstream`.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap_or_else(|e| panic!("no port: {e}"));
        let port = listener.local_addr().unwrap_or_else(|e| panic!("no address: {e}")).port();
        let (mode, modes) = watch::channel(Mode::Pass);
        let (cut, cuts) = watch::channel(0);
        let stop = CancellationToken::new();
        tokio::spawn(stop.clone().run_until_cancelled_owned(accept(
            listener,
            upstream,
            modes,
            cuts,
            stop.clone(),
        )));
        Self { port, mode, cut, _stop: stop.drop_guard() }
    }

    /// Where to connect to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Closes every connection; new ones are accepted.
    pub fn cut(&self) {
        self.cut.send_modify(|generation| *generation += 1);
    }

    /// Closes every connection and refuses new ones until [`Proxy::heal`].
    pub fn refuse(&self) {
        self.mode.send_replace(Mode::Refuse);
        self.cut();
    }

    /// A black hole: connections stay open, nothing passes.
    pub fn stall(&self) {
        self.mode.send_replace(Mode::Stall);
    }

    /// Everything takes so much longer.
    pub fn delay(&self, by: Duration) {
        self.mode.send_replace(Mode::Delay(by));
    }

    /// Passes everything again, what a stall held back included.
    pub fn heal(&self) {
        self.mode.send_replace(Mode::Pass);
    }
}

async fn accept(
    listener: TcpListener,
    upstream: SocketAddr,
    modes: watch::Receiver<Mode>,
    cuts: watch::Receiver<u64>,
    stop: CancellationToken,
) {
    while let Ok((client, _)) = listener.accept().await {
        if *modes.borrow() == Mode::Refuse {
            continue;
        }
        let (modes, mut cuts) = (modes.clone(), cuts.clone());
        cuts.mark_unchanged();
        tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
            tokio::select! {
                _ = cuts.changed() => {}
                () = serve(client, upstream, modes) => {}
            }
        }));
    }
}

async fn serve(client: TcpStream, upstream: SocketAddr, mut modes: watch::Receiver<Mode>) {
    if modes.wait_for(|mode| *mode != Mode::Stall).await.is_err() {
        return;
    }
    let Ok(server) = TcpStream::connect(upstream).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (client_in, client_out) = client.into_split();
    let (server_in, server_out) = server.into_split();
    tokio::select! {
        () = pass(client_in, server_out, modes.clone()) => {}
        () = pass(server_in, client_out, modes) => {}
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut modes: watch::Receiver<Mode>,
) {
    let mut piece = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        let mode = match modes.wait_for(|mode| *mode != Mode::Stall).await {
            Ok(mode) => *mode,
            Err(_) => return,
        };
        if let Mode::Delay(by) = mode {
            tokio::time::sleep(by).await;
        }
        if to.write_all(&piece[..read]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let address = listener.local_addr().expect("address");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        address
    }

    async fn ask(stream: &mut TcpStream) -> Option<u8> {
        stream.write_all(b"x").await.ok()?;
        let answer = tokio::time::timeout(Duration::from_millis(300), stream.read_u8()).await;
        answer.ok()?.ok()
    }

    #[tokio::test]
    async fn faults_come_and_go() {
        let proxy = Proxy::start(echo().await).await;
        let connect = || TcpStream::connect(("127.0.0.1", proxy.port()));
        let mut stream = connect().await.expect("connects");
        assert_eq!(ask(&mut stream).await, Some(b'x'));

        proxy.stall();
        assert_eq!(ask(&mut stream).await, None, "nothing passes");
        proxy.heal();
        assert_eq!(stream.read_u8().await.ok(), Some(b'x'), "what was held back comes");

        proxy.delay(Duration::from_millis(50));
        let asked = Instant::now();
        assert_eq!(ask(&mut stream).await, Some(b'x'));
        assert!(asked.elapsed() >= Duration::from_millis(100), "once each way");
        proxy.heal();

        proxy.cut();
        assert!(stream.read_u8().await.is_err(), "cut");
        let mut stream = connect().await.expect("connects again");
        assert_eq!(ask(&mut stream).await, Some(b'x'));

        proxy.refuse();
        assert!(stream.read_u8().await.is_err(), "cut");
        let mut refused = connect().await.expect("accepted, then closed");
        assert!(refused.read_u8().await.is_err());
    }
}
