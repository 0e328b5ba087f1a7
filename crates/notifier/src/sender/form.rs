//! A file as a form carries it; pure.

use checkmate_domain::hash;

use super::Form;

/// A file that goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl File {
    /// A hash of what is in it.
    pub(crate) fn hash(&self) -> String {
        hex(&hash::mac(b"checkmate.file.v1", &[&self.bytes]))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The form that carries a file, after these fields.
pub(crate) fn of(file: &File, fields: &[(&str, &str)]) -> Form {
    let mark = hex(&hash::mac(b"checkmate.boundary.v1", &[&file.bytes]));
    let (name, kind) = (quoted(&file.name), plain(&file.media_type));
    let mut text = String::new();
    for (field, value) in fields {
        text.push_str(&format!(
            "--{mark}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\n{value}\r\n"
        ));
    }
    text.push_str(&format!(
        "--{mark}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: {kind}\r\n\r\n"
    ));
    let mut bytes = text.into_bytes();
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
        let form = of(&File { name, media_type, bytes: b"\r\n--x\r\n".to_vec() }, &[]);
        let text = String::from_utf8(form.bytes).unwrap();
        assert!(
            text.contains("filename=\"aX: y\"\r\nContent-Type: a/bX:y\r\n\r\n\r\n--x\r\n\r\n--"),
            "{text}"
        );
    }
}
