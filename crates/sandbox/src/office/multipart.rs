//! Forms with files in them (RFC 7578), read strictly.

use axum::body::Bytes;

use super::said::Asked;

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) filename: Option<String>,
    pub(crate) content_type: String,
    pub(crate) data: Bytes,
}

impl Part {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }
}

/// The fields of a form, in order.
pub(crate) fn parts(asked: &Asked) -> Result<Vec<Part>, &'static str> {
    let kind = asked.header("content-type").unwrap_or_default();
    let rest = kind.strip_prefix("multipart/form-data").ok_or("the request is no multipart/form-data")?;
    let boundary = parameter(rest, "boundary").ok_or("there is no boundary")?;
    let mark = format!("\r\n--{boundary}");
    let body = &asked.body;
    let first = &mark.as_bytes()[2..];
    if !body.starts_with(first) {
        return Err("the body does not begin with its boundary");
    }
    let (mut parts, mut at) = (Vec::new(), first.len());
    while !body[at..].starts_with(b"--") {
        if !body[at..].starts_with(b"\r\n") {
            return Err("a boundary does not end its line");
        }
        at += 2;
        let head = find(&body[at..], b"\r\n\r\n").ok_or("a part has no end of its headers")?;
        let end = find(&body[at + head + 2..], mark.as_bytes()).ok_or("the last boundary is missing")?;
        // A part without content has its boundary right after the blank line.
        let (from, until) = (at + head + 4, at + head + 2 + end);
        parts.push(part(&body[at..at + head], body.slice(from.min(until)..until))?);
        at = until + mark.len();
    }
    Ok(parts)
}

fn part(head: &[u8], data: Bytes) -> Result<Part, &'static str> {
    let head = std::str::from_utf8(head).map_err(|_| "the headers of a part are no text")?;
    let header = |wanted: &str| {
        head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    let disposition = header("content-disposition").ok_or("a part has no Content-Disposition")?;
    let rest = disposition.strip_prefix("form-data").ok_or("a part is no form-data")?;
    Ok(Part {
        name: parameter(rest, "name").ok_or("a part has no name")?,
        filename: parameter(rest, "filename"),
        content_type: header("content-type").unwrap_or_else(|| "application/octet-stream".to_owned()),
        data,
    })
}

/// `; name="value"`.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    text.split(';').find_map(|one| {
        let (name, value) = one.split_once('=')?;
        let plain = value.trim().trim_matches('"').replace("%22", "\"");
        (name.trim() == wanted).then_some(plain)
    })
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|here| here == wanted)
}
