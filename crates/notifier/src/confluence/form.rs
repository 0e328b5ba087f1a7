//! A file as a form carries it; pure.

use checkmate_domain::hash;

use super::page::File;
use crate::sender::Form;

/// The form that puts a file on a page. Nobody is told of it: the page is what people follow.
pub(super) fn of(file: &File) -> Form {
    let mark = hash::mac(b"checkmate.boundary.v1", &[&file.bytes]);
    let mark: String = mark.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let (name, kind) = (quoted(&file.name), plain(&file.media_type));
    let mut bytes = format!(
        "--{mark}\r\nContent-Disposition: form-data; name=\"minorEdit\"\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\ntrue\r\n\
         --{mark}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: {kind}\r\n\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(&file.bytes);
    bytes.extend_from_slice(format!("\r\n--{mark}--\r\n").as_bytes());
    Form { kind: format!("multipart/form-data; boundary={mark}"), bytes }
}

/// A name as it stands in quotes: what would end it, or the line, is left out.
fn quoted(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).take(200).collect()
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic()).take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_its_line() {
        let (name, media_type) = ("a\"\r\nX: y".to_owned(), "a/b\r\nX: y".to_owned());
        let form = of(&File { name, media_type, bytes: b"\r\n--x\r\n".to_vec() });
        let text = String::from_utf8(form.bytes).unwrap();
        assert!(
            text.contains("filename=\"aX: y\"\r\nContent-Type: a/bX:y\r\n\r\n\r\n--x\r\n\r\n--"),
            "{text}"
        );
    }
}
