//! As much of a browser as it takes to sign in: pages, forms, and being sent on.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// A page.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) body: String,
    to: Option<String>,
    url: String,
}

/// Opens an address, and goes on as long as it is sent on.
pub(crate) fn open(url: &str) -> Page {
    let mut page = ask("GET", url, None);
    for _ in 0..5 {
        match page.to.clone() {
            Some(to) => page = ask("GET", &to, None),
            None => return page,
        }
    }
    panic!("sent on and on: {url}");
}

impl Page {
    /// Fills the only form of the page in and sends it.
    pub(crate) fn send(&self, fields: &[(&str, &str)]) -> Page {
        let hidden = self.body.split("<input type=\"hidden\" ").skip(1).map(|input| {
            let value =
                |name: &str| input.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap();
            (value("name").to_owned(), value("value").to_owned())
        });
        let filled = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let form: Vec<String> =
            hidden.chain(filled).map(|(name, value)| format!("{name}={}", percent(&value))).collect();
        let action = self.body.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
        let (origin, _) = split(&self.url);
        let page = ask("POST", &format!("http://{origin}{action}"), Some(&form.join("&")));
        match &page.to {
            Some(to) => open(to),
            None => page,
        }
    }
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn split(url: &str) -> (String, String) {
    let rest = url.strip_prefix("http://").unwrap();
    let at = rest.find('/').unwrap_or(rest.len());
    (rest[..at].to_owned(), rest[at..].to_owned())
}

fn ask(method: &str, url: &str, form: Option<&str>) -> Page {
    let (host, path) = split(url);
    let mut stream = TcpStream::connect(&host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let body = form.unwrap_or_default();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{url} answered {text:?}"));
    let to = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("location").then(|| value.to_owned())
    });
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Page { status, body: body.to_owned(), to, url: url.to_owned() }
}
