//! Reading files of an export, bounded and without leaving its folder: no `..`, no symbolic link is followed, nothing but
//! regular files is opened. Blocking.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;

use checkmate_domain::NotAssessed;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;
use tokio_util::sync::CancellationToken;

/// How much is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of a JSON file or script.
    pub(crate) file: u64,
    /// Bytes of a `tenant.yaml`.
    pub(crate) yaml: u64,
    /// Files of one export.
    pub(crate) files: u64,
    /// Bytes of one export.
    pub(crate) total: u64,
    /// Entries of one folder.
    pub(crate) entries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file: 4 << 20, yaml: 32 << 20, files: 100_000, total: 256 << 20, entries: 50_000 }
    }
}

/// The attempt was told to stop.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stopped;

/// A folder that is read from, with what was read so far.
pub(crate) struct Tree {
    root: OwnedFd,
    stop: CancellationToken,
    limits: Limits,
    pub(crate) reads: u64,
    pub(crate) bytes: u64,
}

/// What a name in a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    File,
    Folder,
    /// A symbolic link, a device, a pipe: never opened.
    Other,
}

/// A folder's content in the order of names.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) entries: Vec<(String, Kind)>,
    /// Whether there can be no others.
    pub(crate) complete: bool,
}

/// A file or folder: its content, that it is not there, or why it cannot be read.
pub(crate) type Found<T> = Result<Option<T>, NotAssessed>;

impl Tree {
    /// Opens a folder that the configuration names; it may be a symbolic link itself.
    pub(crate) fn open(path: &Path, stop: CancellationToken) -> io::Result<Self> {
        let root =
            rustix::fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { root, stop, limits: Limits::default(), reads: 0, bytes: 0 })
    }

    /// Opens a folder in this one.
    pub(crate) fn folder(&self, name: &str) -> Found<Self> {
        Ok(self.open_below(name, OFlags::DIRECTORY)?.map(|root| Self {
            root,
            stop: self.stop.clone(),
            limits: self.limits,
            reads: 0,
            bytes: 0,
        }))
    }

    #[cfg(test)]
    pub(crate) fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// An error once the attempt has to stop.
    pub(crate) fn check_stop(&self) -> Result<(), Stopped> {
        if self.stop.is_cancelled() { Err(Stopped) } else { Ok(()) }
    }

    /// The text of a file, by its path from the root.
    pub(crate) fn text(&mut self, path: &str) -> Result<Found<String>, Stopped> {
        self.check_stop()?;
        let limit = self.limits.file;
        Ok(self.bounded(path, limit))
    }

    /// The text of the one YAML file.
    pub(crate) fn yaml(&mut self, path: &str) -> Result<Found<String>, Stopped> {
        self.check_stop()?;
        let limit = self.limits.yaml;
        Ok(self.bounded(path, limit))
    }

    /// What is in a folder.
    pub(crate) fn list(&self, path: &str) -> Result<Found<Listing>, Stopped> {
        self.check_stop()?;
        Ok(match self.open_below(path, OFlags::DIRECTORY) {
            Ok(Some(folder)) => listed(&folder, path, self.limits.entries).map(Some),
            Ok(None) => Ok(None),
            Err(reason) => Err(reason),
        })
    }

    /// What is in the root.
    pub(crate) fn list_root(&self) -> Result<Result<Listing, NotAssessed>, Stopped> {
        self.check_stop()?;
        Ok(listed(&self.root, ".", self.limits.entries))
    }

    fn bounded(&mut self, path: &str, limit: u64) -> Found<String> {
        let Some(fd) = self.open_below(path, OFlags::NONBLOCK)? else { return Ok(None) };
        let unreadable =
            |error: io::Error| NotAssessed::Unreadable(format!("{path} cannot be read ({error})"));
        let file = File::from(fd);
        if !file.metadata().map_err(unreadable)?.is_file() {
            return Err(NotAssessed::Unreadable(format!("{path} is not a regular file")));
        }
        if self.reads >= self.limits.files || self.bytes >= self.limits.total {
            return Err(NotAssessed::TooLarge(format!("{path} is beyond what is read of one export")));
        }
        let mut bytes = Vec::new();
        let read = file.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        self.reads += 1;
        self.bytes += read as u64;
        if read as u64 > limit {
            return Err(NotAssessed::TooLarge(format!("{path} is larger than {} MiB", limit >> 20)));
        }
        utf8(path, &bytes).map(Some)
    }

    /// Opens a path component by component, following no link.
    fn open_below(&self, path: &str, last: OFlags) -> Found<OwnedFd> {
        let components: Vec<&str> = path.split('/').collect();
        let plain = |name: &&str| !name.is_empty() && *name != "." && *name != ".." && !name.contains('\0');
        if !components.iter().all(plain) {
            return Err(NotAssessed::Unreadable(format!("'{}' leads out of the export", brief(path))));
        }
        let always = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut folder: Option<OwnedFd> = None;
        for (n, name) in components.iter().enumerate() {
            let kind = if n + 1 == components.len() { last } else { OFlags::DIRECTORY };
            let below = folder.as_ref().unwrap_or(&self.root);
            match rustix::fs::openat(below, *name, always | kind, Mode::empty()) {
                Ok(fd) => folder = Some(fd),
                Err(Errno::NOENT) => return Ok(None),
                Err(Errno::LOOP | Errno::NOTDIR) => {
                    let why = "a symbolic link, which is not followed, or not a folder";
                    return Err(NotAssessed::Unreadable(format!("{}: '{name}' is {why}", brief(path))));
                }
                Err(error) => {
                    let error = io::Error::from(error);
                    return Err(NotAssessed::Unreadable(format!(
                        "{} cannot be opened ({error})",
                        brief(path)
                    )));
                }
            }
        }
        Ok(folder)
    }
}

fn listed(folder: &OwnedFd, path: &str, most: usize) -> Result<Listing, NotAssessed> {
    list(folder, most).map_err(|error| {
        NotAssessed::Unreadable(format!("the folder {path} cannot be listed ({})", io::Error::from(error)))
    })
}

fn list(folder: &OwnedFd, most: usize) -> Result<Listing, Errno> {
    let mut listing = Listing { entries: Vec::new(), complete: true };
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().to_str() else {
            listing.complete = false;
            continue;
        };
        if name == "." || name == ".." {
            continue;
        }
        if listing.entries.len() >= most {
            listing.complete = false;
            break;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => {
                let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
                FileType::from_raw_mode(stat.st_mode)
            }
            known => known,
        };
        let kind = match kind {
            FileType::RegularFile => Kind::File,
            FileType::Directory => Kind::Folder,
            _ => Kind::Other,
        };
        listing.entries.push((name.to_owned(), kind));
    }
    listing.entries.sort();
    Ok(listing)
}

/// The text of a file; a byte-order mark is dropped.
pub(crate) fn utf8(path: &str, bytes: &[u8]) -> Result<String, NotAssessed> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| NotAssessed::Unreadable(format!("{} is not UTF-8 text", brief(path))))?;
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text).to_owned())
}

fn brief(path: &str) -> String {
    path.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn tree(folder: &Path) -> Tree {
        Tree::open(folder, CancellationToken::new()).expect("opens")
    }

    fn read(tree: &mut Tree, path: &str) -> Found<String> {
        tree.text(path).expect("not stopped")
    }

    #[test]
    fn never_leaves_the_folder() {
        let outside = tempfile::tempdir().expect("folder");
        fs::write(outside.path().join("secret"), "x").expect("written");
        fs::create_dir(outside.path().join("in")).expect("made");
        let inside = outside.path().join("in");
        symlink(outside.path().join("secret"), inside.join("link")).expect("linked");
        symlink(outside.path(), inside.join("up")).expect("linked");
        fs::write(inside.join("own"), "mine").expect("written");
        let mut tree = tree(&inside);
        for path in
            ["../secret", "link", "up/secret", "/etc/passwd", "./own", "own/../own", "", "own/x", "a\0b"]
        {
            assert!(read(&mut tree, path).is_err(), "{path}");
        }
        assert_eq!(read(&mut tree, "own"), Ok(Some("mine".to_owned())));
        assert_eq!(read(&mut tree, "none"), Ok(None));
        assert_eq!(read(&mut tree, "none/none"), Ok(None));
        assert_eq!((tree.reads, tree.bytes), (1, 4));
    }

    #[test]
    fn reads_no_more_than_its_limits() {
        let folder = tempfile::tempdir().expect("folder");
        for name in ["a", "b", "c"] {
            fs::write(folder.path().join(name), "12345").expect("written");
        }
        let limits = Limits { file: 4, ..Limits::default() };
        let mut small = tree(folder.path()).with_limits(limits);
        assert!(matches!(read(&mut small, "a"), Err(NotAssessed::TooLarge(_))));
        let mut few = tree(folder.path()).with_limits(Limits { files: 1, entries: 2, ..Limits::default() });
        assert!(read(&mut few, "a").is_ok());
        assert!(matches!(read(&mut few, "b"), Err(NotAssessed::TooLarge(_))));
        let sub = tempfile::tempdir_in(folder.path()).expect("folder");
        let name = sub.path().file_name().and_then(|name| name.to_str()).expect("name").to_owned();
        for n in 0..3 {
            fs::write(sub.path().join(n.to_string()), "").expect("written");
        }
        let listing = few.list(&name).expect("not stopped").expect("read").expect("there");
        assert!(!listing.complete && listing.entries.len() == 2);
    }

    #[test]
    fn a_pipe_is_not_waited_for_and_a_stop_is_heard() {
        let folder = tempfile::tempdir().expect("folder");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            folder.path().join("pipe"),
            FileType::Fifo,
            Mode::RUSR | Mode::WUSR,
            0,
        )
        .expect("made");
        let stop = CancellationToken::new();
        let mut tree = Tree::open(folder.path(), stop.clone()).expect("opens");
        assert!(read(&mut tree, "pipe").is_err());
        stop.cancel();
        assert_eq!(tree.text("pipe"), Err(Stopped));
    }
}
