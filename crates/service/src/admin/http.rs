//! As much of HTTP/1.1 as the admin pages need: one request for each connection, small, within a time.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The longest head of a request, in bytes.
const MOST_HEAD: usize = 8 * 1024;
/// The longest body of a request, in bytes.
const MOST_BODY: usize = 1024;

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: Vec<u8>,
}

/// What is answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

/// Why there is no request.
#[derive(Debug)]
pub(super) enum Refused {
    /// Whoever asks can be told.
    With(Answer),
    /// Nobody is there any more.
    Gone,
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                Self::With(Answer::text(408, "the request did not come in time\n"))
            }
            _ => Self::Gone,
        }
    }
}

impl Answer {
    pub(super) fn text(status: u16, body: impl Into<String>) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: body.into() }
    }
}

/// Reads one request.
pub(super) fn read(stream: &mut TcpStream, until: Instant) -> Result<Request, Refused> {
    let mut got = Vec::new();
    let end = loop {
        if let Some(at) = got.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if got.len() > MOST_HEAD {
            return Err(Refused::With(Answer::text(431, "the head of the request is longer than 8 KiB\n")));
        }
        more(stream, &mut got, until)?;
    };
    let (mut request, length) = head(&got[..end]).map_err(Refused::With)?;
    let body = end + 4;
    while got.len() < body + length {
        more(stream, &mut got, until)?;
    }
    request.body = got[body..body + length].to_vec();
    Ok(request)
}

/// Writes the answer; whoever does not take it is left.
pub(super) fn write(stream: &mut TcpStream, answer: &Answer, within: Duration) -> io::Result<()> {
    let Answer { status, content_type, body } = answer;
    let head = format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Connection: close\r\n\r\n",
        reason(*status),
        body.len()
    );
    stream.set_write_timeout(Some(within))?;
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    stream.flush()
}

fn more(stream: &mut TcpStream, got: &mut Vec<u8>, until: Instant) -> Result<(), Refused> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::Error::from(io::ErrorKind::TimedOut).into());
    }
    stream.set_read_timeout(Some(left))?;
    let mut piece = [0; 1024];
    match stream.read(&mut piece)? {
        0 => Err(Refused::Gone),
        read => {
            got.extend_from_slice(&piece[..read]);
            Ok(())
        }
    }
}

/// The request line and the length of the body; the other headers do not matter here.
fn head(bytes: &[u8]) -> Result<(Request, usize), Answer> {
    let bad = |what: &str| Answer::text(400, format!("{what}\n"));
    let text = std::str::from_utf8(bytes).map_err(|_| bad("the head of the request is no text"))?;
    let mut lines = text.split("\r\n");
    let words: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let [method, path, "HTTP/1.1" | "HTTP/1.0"] = words[..] else {
        return Err(bad("the first line is not of HTTP/1.1"));
    };
    let mut length = None;
    for line in lines {
        let (name, value) = line.split_once(':').ok_or_else(|| bad("a header without a colon"))?;
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(bad("Transfer-Encoding is not taken: send a Content-Length"));
        }
        if name.eq_ignore_ascii_case("content-length") {
            let value = value.trim();
            let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let number = value.parse::<usize>().ok().filter(|_| digits && length.is_none());
            length = Some(number.ok_or_else(|| bad("Content-Length is not one number"))?);
        }
    }
    let length = length.unwrap_or(0);
    if length > MOST_BODY {
        return Err(Answer::text(413, "the body is longer than 1 KiB\n"));
    }
    let request = Request { method: method.to_owned(), path: path.to_owned(), body: Vec::new() };
    Ok((request, length))
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Bad Request",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_meant_is_read() {
        let (request, length) = head(b"PUT /log HTTP/1.1\r\nHost: x\r\ncontent-length: 4").unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str(), length), ("PUT", "/log", 4));
        let refused: [(&[u8], u16); 8] = [
            (b"", 400),
            (b"GET /livez", 400),
            (b"GET  /livez HTTP/1.1", 400),
            (b"GET /livez HTTP/2", 400),
            (b"GET / HTTP/1.1\r\nno header", 400),
            (b"PUT / HTTP/1.1\r\nContent-Length: +4", 400),
            (b"PUT / HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 4", 400),
            (b"PUT / HTTP/1.1\r\nContent-Length: 1025", 413),
        ];
        for (bytes, status) in refused {
            assert_eq!(head(bytes).unwrap_err().status, status, "{}", String::from_utf8_lossy(bytes));
        }
        let chunked = head(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked").unwrap_err();
        assert_eq!(chunked.status, 400);
    }
}
