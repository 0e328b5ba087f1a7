//! Configuration, folders, files, time zones, the admin address.

use std::path::PathBuf;

use crate::commands::doctor::facts::{AdminLook, FileFacts, FileLook, Folder, HostFacts, Seen, StoreLook};
use crate::config::Loaded;
use crate::view::count;
use crate::view::doctor_view::Line;

/// Below so many bytes of free space somebody should look; below the second, writes will fail soon.
const ROOM: (u64, u64) = (1 << 30, 100 << 20);
/// Exports that cannot be read are told one by one up to here.
const EXPORTS: usize = 10;

/// Which file was read.
pub(super) fn configuration(loaded: &Loaded) -> Vec<Line> {
    let keys = format!("{} set", count(loaded.given(), "key"));
    let file = match &loaded.config.file {
        Some(file) => Line::fine("file", file.display().to_string(), keys),
        None => Line::fine(
            "file",
            "",
            format!("none, and none is needed on one machine; {keys} by the environment"),
        ),
    };
    let embedded = loaded.config.setting().is_ok_and(|setting| setting.is_embedded());
    let setting = if embedded { "one machine: queue and store are files" } else { "many machines" };
    vec![file, Line::fine("setting", "", setting)]
}

/// What this machine must have.
pub(super) fn machine(
    host: &Result<HostFacts, String>,
    store: &StoreLook,
    seen: Option<&Seen>,
    embedded: bool,
) -> Vec<Line> {
    let host = match host {
        Ok(host) => host,
        Err(why) => {
            return vec![Line::unknown("files", "", why, "look at the disks and mounts of this machine")];
        }
    };
    let mut lines = if embedded { data_folder(host) } else { Vec::new() };
    lines.push(key(host, store, seen, embedded));
    lines.extend(host.secrets.iter().map(secret));
    lines.extend(exports(&host.exports));
    lines.push(zones(host.zones.as_ref()));
    lines
}

fn data_folder(host: &HostFacts) -> Vec<Line> {
    let (what, at) = ("data folder", host.data_dir.display().to_string());
    let (mode, writable, free) = match &host.data {
        Folder::There { mode, writable, free } => (*mode, *writable, free),
        Folder::Missing { can_be_made: true } => {
            return vec![Line::fine(what, at, "not there yet; the first start makes it")];
        }
        Folder::Missing { can_be_made: false } => {
            let mend = "give this user the right to write in the folder above, or set data_dir";
            return vec![Line::wrong(what, at, "not there, and may not be made", mend)];
        }
        Folder::Cannot(why) => {
            return vec![Line::wrong(what, at, why, "set data_dir to a folder of this user")];
        }
    };
    let folder = if mode & 0o077 != 0 {
        let found = format!("mode {mode:04o}: others may look into it, and what was found is in there");
        Line::wrong(what, at.clone(), found, format!("chmod 700 {at}"))
    } else if writable {
        Line::fine(what, at.clone(), format!("mode {mode:04o}, writable"))
    } else {
        Line::wrong(what, at.clone(), "this user may not write there", format!("chown it to this user: {at}"))
    };
    vec![folder, space(at, free)]
}

fn space(at: String, free: &Result<u64, String>) -> Line {
    let mend = "make room on that disk; 'checkmate purge --dry-run' says what is older than it is kept";
    match free {
        Err(why) => Line::unknown("free space", at, why, "look with df"),
        Ok(free) if *free < ROOM.1 => Line::wrong("free space", at, bytes(*free), mend),
        Ok(free) if *free < ROOM.0 => Line::warning("free space", at, bytes(*free), mend),
        Ok(free) => Line::fine("free space", at, bytes(*free)),
    }
}

fn bytes(bytes: u64) -> String {
    if bytes >= 1 << 30 {
        let tenths = bytes / ((1 << 30) / 10);
        format!("{}.{} GiB", tenths / 10, tenths % 10)
    } else {
        format!("{} MiB", bytes >> 20)
    }
}

fn key(host: &HostFacts, store: &StoreLook, seen: Option<&Seen>, embedded: bool) -> Line {
    let (what, at) = ("fingerprint key", host.key.path.display().to_string());
    let kept = seen.and_then(|seen| seen.store.key.as_ref());
    if host.key.look == FileLook::Missing {
        let make = format!("head -c 32 /dev/urandom > {at}; chmod 600 {at}; the same file for every process");
        return match (kept, embedded) {
            (Some(kept), _) => {
                let found = format!("missing, and findings were made with the key {kept}");
                Line::wrong(what, at, found, "bring the file back from a copy: no other key will do")
            }
            (None, true) if matches!(store, StoreLook::Nothing | StoreLook::Seen(_)) => {
                Line::fine(what, at, "not there yet; the first start makes it")
            }
            (None, true) => {
                let reason = "the file is missing, and the store does not say whether it had one";
                Line::unknown(what, at, reason, "mend the store first")
            }
            (None, false) => Line::wrong(what, at, "missing", make),
        };
    }
    let line = secret(&FileFacts { named_by: what.to_owned(), ..host.key.clone() });
    let id = match &host.key_id {
        Err(why) if line.mend.is_empty() => {
            return Line::wrong(what, at, why, "bring the file back from a copy");
        }
        Err(_) => return line,
        Ok(id) => id,
    };
    match kept {
        Some(kept) if kept != id => {
            let found = format!("its id is {id}, and findings were made with {kept}");
            Line::wrong(what, at, found, "bring that key file back, or start with an empty store")
        }
        _ if !line.mend.is_empty() => line,
        Some(_) => Line::fine(what, at, format!("{}, id {id} as the store has it", line.found)),
        None if matches!(store, StoreLook::Wrong(_) | StoreLook::NotSeen(_)) => {
            let reason = format!("{}, id {id}; the store was not seen to compare it", line.found);
            Line::unknown(what, at, reason, "mend the store first")
        }
        None => Line::fine(what, at, format!("{}, id {id}; no findings were made with any yet", line.found)),
    }
}

/// A file that holds a secret.
fn secret(file: &FileFacts) -> Line {
    let (what, at) = (file.named_by.clone(), file.path.display().to_string());
    let chmod = format!("chmod 600 {at}");
    match &file.look {
        FileLook::Missing => Line::wrong(what, at, "missing", "write the secret into that file, mode 600"),
        FileLook::Cannot(why) => Line::wrong(what, at, why, format!("chown it to this user; {chmod}")),
        FileLook::There { bytes: 0, .. } => Line::wrong(what, at, "empty", "write the secret into it"),
        FileLook::There { mode, .. } if mode & 0o007 != 0 => {
            let found = format!("mode {mode:04o}: everybody may use it, so it is refused");
            Line::wrong(what, at, found, chmod)
        }
        FileLook::There { mode, .. } if mode & 0o070 != 0 => {
            Line::warning(what, at, format!("mode {mode:04o}: its group may use it"), chmod)
        }
        FileLook::There { mode, .. } => Line::fine(what, at, format!("mode {mode:04o}")),
    }
}

fn exports(exports: &[(String, PathBuf, Option<String>)]) -> Vec<Line> {
    if exports.is_empty() {
        return Vec::new();
    }
    let unreadable = exports.iter().filter_map(|(name, path, why)| Some((name, path, why.as_ref()?)));
    let mut lines: Vec<Line> = unreadable
        .map(|(name, path, why)| {
            let at = path.display().to_string();
            let mend = "put the export there, or correct [exports]; it is needed where workers run";
            Line::warning(format!("export:{name}"), at, why, mend)
        })
        .take(EXPORTS)
        .collect();
    if lines.is_empty() {
        lines.push(Line::fine("exports", "", format!("{} can be read", count(exports.len(), "folder"))));
    }
    lines
}

fn zones(host: Option<&PathBuf>) -> Line {
    match host {
        Some(folder) => Line::fine("time zones", folder.display().to_string(), "the rules of the host"),
        None => Line::fine("time zones", "", "the host has none; those built into this release are used"),
    }
}

/// Health and metrics.
pub(super) fn admin(look: &AdminLook) -> Line {
    let what = "admin address";
    match look {
        AdminLook::NotConfigured => Line::fine(what, "", "not configured: no health pages and no metrics"),
        AdminLook::Answered(at, 200, _) => Line::fine(what, at.to_string(), "ready"),
        AdminLook::Answered(at, status, body) => {
            let found = format!("answers {status}: {}", body.replace('\n', "; "));
            Line::warning(what, at.to_string(), found, "its reasons say which part to look at")
        }
        AdminLook::Silent(at, why) => {
            let mend = "start the process that is to listen there, or correct admin.listen";
            Line::warning(what, at.to_string(), format!("nobody answers ({why})"), mend)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::judge::tests_facts::{host, key_id, seen};
    use crate::view::doctor_view::Outcome;

    fn word(line: &Line) -> &'static str {
        match line.outcome {
            Outcome::Fine => "fine",
            Outcome::Warning => "warning",
            Outcome::Wrong => "wrong",
            Outcome::CouldNotLook { .. } => "unknown",
        }
    }

    #[test]
    fn secrets_are_for_their_owner() {
        for (look, expected, says) in [
            (FileLook::There { mode: 0o600, bytes: 7 }, "fine", "mode 0600"),
            (FileLook::There { mode: 0o640, bytes: 7 }, "warning", "group"),
            (FileLook::There { mode: 0o644, bytes: 7 }, "wrong", "everybody"),
            (FileLook::There { mode: 0o600, bytes: 0 }, "wrong", "empty"),
            (FileLook::Missing, "wrong", "missing"),
            (FileLook::Cannot("denied".to_owned()), "wrong", "denied"),
        ] {
            let line = secret(&FileFacts { named_by: "a".to_owned(), path: "/p".into(), look });
            assert_eq!(word(&line), expected, "{line:?}");
            assert!(line.found.contains(says) && line.mend.is_empty() == (expected == "fine"), "{line:?}");
        }
    }

    #[test]
    fn the_key_is_judged_with_the_store() {
        let good = FileLook::There { mode: 0o600, bytes: 32 };
        let wide = FileLook::There { mode: 0o644, bytes: 32 };
        let away = || StoreLook::Wrong("away".to_owned());
        let with = |key| StoreLook::Seen(Box::new(seen(key)));
        let (own, other) = (Some(key_id(1)), Some(key_id(2)));
        for (look, store, embedded, expected) in [
            (good.clone(), with(own.clone()), true, "fine"),
            (good.clone(), with(None), true, "fine"),
            (good.clone(), StoreLook::Nothing, true, "fine"),
            (good.clone(), with(other.clone()), true, "wrong"),
            (good, away(), true, "unknown"),
            (wide.clone(), with(own), true, "wrong"),
            (wide, away(), true, "wrong"),
            (FileLook::Missing, StoreLook::Nothing, true, "fine"),
            (FileLook::Missing, with(None), true, "fine"),
            (FileLook::Missing, with(other), true, "wrong"),
            (FileLook::Missing, away(), true, "unknown"),
            (FileLook::Missing, away(), false, "wrong"),
        ] {
            let facts = HostFacts { key: FileFacts { look, ..host().key }, ..host() };
            let seen = if let StoreLook::Seen(seen) = &store { Some(seen.as_ref()) } else { None };
            let line = key(&facts, &store, seen, embedded);
            assert_eq!(word(&line), expected, "{store:?}: {line:?}");
        }
    }

    #[test]
    fn the_data_folder_is_for_its_owner_and_has_room() {
        let there = |mode, writable, free| Folder::There { mode, writable, free: Ok(free) };
        for (data, expected) in [
            (there(0o700, true, 5 << 30), vec!["fine", "fine"]),
            (there(0o700, true, 500 << 20), vec!["fine", "warning"]),
            (there(0o700, true, 50 << 20), vec!["fine", "wrong"]),
            (there(0o755, true, 5 << 30), vec!["wrong", "fine"]),
            (there(0o500, false, 5 << 30), vec!["wrong", "fine"]),
            (Folder::Missing { can_be_made: true }, vec!["fine"]),
            (Folder::Missing { can_be_made: false }, vec!["wrong"]),
            (Folder::Cannot("it is a file".to_owned()), vec!["wrong"]),
        ] {
            let lines = data_folder(&HostFacts { data, ..host() });
            assert_eq!(lines.iter().map(word).collect::<Vec<_>>(), expected, "{lines:?}");
        }
        assert_eq!((bytes(5 << 30), bytes(500 << 20)), ("5.0 GiB".to_owned(), "500 MiB".to_owned()));
    }

    #[test]
    fn what_cannot_be_looked_at_is_told_as_such() {
        let lines = machine(&Err("no answer".to_owned()), &StoreLook::Nothing, None, true);
        assert_eq!(lines.iter().map(word).collect::<Vec<_>>(), ["unknown"]);
        let at = "127.0.0.1:9600".parse().unwrap();
        for (look, expected) in [
            (AdminLook::NotConfigured, "fine"),
            (AdminLook::Answered(at, 200, "ready".to_owned()), "fine"),
            (AdminLook::Answered(at, 503, "store: away\nbroker: away".to_owned()), "warning"),
            (AdminLook::Silent(at, "refused".to_owned()), "warning"),
        ] {
            assert_eq!(word(&admin(&look)), expected, "{look:?}");
        }
        let gone = ("acme".to_owned(), PathBuf::from("/gone"), Some("no such folder".to_owned()));
        assert_eq!(exports(&[gone]).iter().map(word).collect::<Vec<_>>(), ["warning"]);
    }
}
