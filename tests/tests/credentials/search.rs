//! Looks for texts in every form in which they could have been left.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Texts in all their forms.
pub(crate) struct Needles(Vec<(String, Vec<u8>)>);

impl Needles {
    pub(crate) fn new(texts: &[String]) -> Self {
        assert!(!texts.is_empty(), "nothing to look for");
        Self(texts.iter().flat_map(|text| forms(text)).collect())
    }

    pub(crate) fn forms(&self) -> &[(String, Vec<u8>)] {
        &self.0
    }

    /// The form of the first text that is in there.
    pub(crate) fn found_in(&self, hay: &[u8]) -> Option<&str> {
        // All begin alike in one of a few ways; a look at the first bytes spares most comparisons.
        let mut starts = [false; 256];
        for (_, needle) in &self.0 {
            starts[usize::from(needle[0])] = true;
        }
        for (at, byte) in hay.iter().enumerate() {
            if starts[usize::from(*byte)]
                && let Some((form, _)) = self.0.iter().find(|(_, needle)| hay[at..].starts_with(needle))
            {
                return Some(form);
            }
        }
        None
    }

    fn longest(&self) -> usize {
        self.0.iter().map(|(_, needle)| needle.len()).max().unwrap()
    }
}

fn forms(text: &str) -> Vec<(String, Vec<u8>)> {
    let mut forms = vec![
        ("as it is".to_owned(), text.as_bytes().to_vec()),
        ("in hex".to_owned(), hex(text, "0123456789abcdef")),
        ("in upper hex".to_owned(), hex(text, "0123456789ABCDEF")),
        ("in UTF-16".to_owned(), text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ];
    let percent: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    forms.push(("percent-encoded".to_owned(), percent.into_bytes()));
    // In a longer text base64 begins at one of three places; what of it depends on the neighbours is left out.
    for before in 0..3 {
        let padded = [&vec![0; before][..], text.as_bytes()].concat();
        for (name, code) in
            [("base64", STANDARD.encode(&padded)), ("base64url", URL_SAFE_NO_PAD.encode(&padded))]
        {
            let inner = code.as_bytes()[4 * before.min(1)..padded.len() / 3 * 4].to_vec();
            forms.push((format!("in {name}, shifted by {before}"), inner));
        }
    }
    forms
}

fn hex(text: &str, digits: &str) -> Vec<u8> {
    let digit = |nibble: u8| digits.as_bytes()[usize::from(nibble)];
    text.bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The first file below a folder that holds a text.
pub(crate) fn in_files(folder: &Path, needles: &Needles) -> Option<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries.into_iter().find_map(|path| {
        let kind = fs::symlink_metadata(&path).ok()?.file_type();
        if kind.is_dir() {
            return in_files(&path, needles);
        }
        // Files of a server that runs come and go.
        let bytes = kind.is_file().then(|| fs::read(&path).ok()).flatten()?;
        needles.found_in(&bytes).map(|_| path)
    })
}

/// Whether the memory of a process holds a text, and whether it holds the canary.
pub(crate) fn in_memory(
    process: u32,
    needles: &Needles,
    canary: &Needles,
) -> Result<(Option<String>, bool), std::io::Error> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps"))?;
    let mut memory = File::open(format!("/proc/{process}/mem"))?;
    let (mut sighting, mut canary_seen, mut read_any) = (None, false, false);
    let overlap = needles.longest().max(canary.longest());
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let bound = |text| u64::from_str_radix(text, 16).unwrap();
        let (mut at, end) = (bound(from), bound(to));
        let mut kept = Vec::new();
        while at < end {
            let mut piece = vec![0; usize::try_from((end - at).min(1 << 20)).unwrap()];
            memory.seek(SeekFrom::Start(at))?;
            let Ok(read) = memory.read(&mut piece) else { break };
            if read == 0 {
                break;
            }
            read_any = true;
            piece.truncate(read);
            at += read as u64;
            kept.extend_from_slice(&piece);
            if let Some(form) = needles.found_in(&kept) {
                sighting = Some(format!("{form} at {line}"));
            }
            canary_seen |= canary.found_in(&kept).is_some();
            kept.drain(..kept.len().saturating_sub(overlap));
        }
    }
    if read_any { Ok((sighting, canary_seen)) } else { Err(std::io::Error::other("nothing could be read")) }
}

#[test]
fn every_form_is_found_wherever_it_stands() {
    let text = "prv_0123456789abcdefghijklmnopqrstuvwxyzABCD".to_owned();
    let needles = Needles::new(std::slice::from_ref(&text));
    for before in 0..7 {
        let longer = format!("{}{text} and more", "x".repeat(before));
        for hay in [
            longer.clone().into_bytes(),
            STANDARD.encode(&longer).into_bytes(),
            URL_SAFE_NO_PAD.encode(&longer).into_bytes(),
            hex(&longer, "0123456789abcdef"),
        ] {
            assert!(needles.found_in(&hay).is_some(), "{before}: {}", String::from_utf8_lossy(&hay));
        }
    }
    assert_eq!(needles.found_in(text.replace("prv_0", "prv_1").as_bytes()), None);
}
