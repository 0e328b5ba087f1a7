//! Finds the folder of an export and tells its layout. Blocking.

use std::io;
use std::path::{Path, PathBuf};

use checkmate_domain::{NotAssessed, TargetId};
use tokio_util::sync::CancellationToken;

use super::export::Exports;
use super::files::{Kind, Stopped, Tree};
use super::import;
use super::source::{Files, sources};
use crate::contract::{Discovery, ScanError};

const YAML: &str = "tenant.yaml";
const DIRECTORY: &str = "tenant.json";

/// A folder that may be an export.
pub(crate) struct Place {
    pub(crate) tree: Tree,
    /// As a person knows it.
    shown: PathBuf,
    /// The configuration names this file in it.
    file: Option<String>,
}

/// How an export is laid out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One file of this name.
    Yaml(String),
    /// A folder per collection.
    Directory,
    /// No export: a report of the reference tool.
    Report(String),
}

/// The place of a configured name.
pub(crate) fn configured(
    exports: &dyn Exports,
    name: &str,
    stop: &CancellationToken,
) -> Result<Place, ScanError> {
    let path = exports.path(name).ok_or_else(|| {
        ScanError::Missing(format!(
            "no export is called '{name}': name its folder in the configuration, or scan path:DIR on the command line"
        ))
    })?;
    let names = |name: &&str| [".yaml", ".yml", import::ENDING].iter().any(|end| name.ends_with(end));
    let file = path.file_name().and_then(|name| name.to_str()).filter(names).filter(|_| !path.is_dir());
    let folder = match (file, path.parent()) {
        (None, _) => path.clone(),
        (Some(_), Some(parent)) if parent != Path::new("") => parent.to_owned(),
        (Some(_), _) => PathBuf::from("."),
    };
    let file = file.map(str::to_owned);
    let tree = Tree::open(&folder, stop.clone()).map_err(|error| cannot_open(name, &path, &error))?;
    Ok(Place { tree, shown: path, file })
}

/// The place of a target: a configured export, or one in a configured folder of exports.
pub(crate) fn target(
    exports: &dyn Exports,
    target: &TargetId,
    stop: &CancellationToken,
) -> Result<Place, ScanError> {
    let name = target.as_str().strip_prefix("export:").ok_or_else(|| {
        ScanError::Permanent(format!("{target} is not an export: write export:NAME or export:NAME/FOLDER"))
    })?;
    let Some((name, sub)) = name.split_once('/') else { return configured(exports, name, stop) };
    let folder = configured(exports, name, stop)?;
    let shown = folder.shown.join(sub);
    if sub.contains('/') {
        return Err(ScanError::Permanent(format!(
            "{target} is not an export: one folder deep is all there is"
        )));
    }
    match folder.tree.folder(sub) {
        Ok(Some(tree)) => Ok(Place { tree, shown, file: None }),
        Ok(None) => Err(ScanError::Missing(format!(
            "{target}: there is no folder {}: export the tenant again, or scan export:{name} to see what is there",
            shown.display()
        ))),
        Err(reason) => Err(ScanError::Permanent(format!("{target}: {reason}"))),
    }
}

/// The exports in the folders of this one.
pub(crate) fn exports_inside(place: &Place, name: &str) -> Result<Discovery, ScanError> {
    let listing =
        place.tree.list_root()?.map_err(|reason| ScanError::Permanent(format!("export:{name}: {reason}")))?;
    let mut found = Discovery { targets: Vec::new(), complete: listing.complete };
    for (sub, _) in
        listing.entries.iter().filter(|(name, kind)| *kind == Kind::Folder && !name.starts_with('.'))
    {
        match (is_export(&place.tree, sub)?, TargetId::new(format!("export:{name}/{sub}"))) {
            (Ok(false), _) => {}
            (Ok(true), Ok(target)) => found.targets.push(target),
            (Err(reason), _) => {
                tracing::warn!(scan.scope = %format_args!("export:{name}"), "{sub}: {reason}");
                found.complete = false;
            }
            (Ok(true), Err(error)) => {
                tracing::warn!(scan.scope = %format_args!("export:{name}"), "a folder cannot be a target: {error}");
                found.complete = false;
            }
        }
    }
    Ok(found)
}

fn is_export(tree: &Tree, sub: &str) -> Result<Result<bool, NotAssessed>, Stopped> {
    let folder = match tree.folder(sub) {
        Ok(Some(tree)) => tree,
        Ok(None) => return Ok(Ok(false)),
        Err(reason) => return Ok(Err(reason)),
    };
    let place = Place { tree: folder, shown: PathBuf::from(sub), file: None };
    Ok(place.find_layout()?.map(|layout| layout.is_some()))
}

impl Place {
    /// The layout of the export here; `None` when there is none.
    pub(crate) fn layout(&self) -> Result<Option<Layout>, ScanError> {
        self.find_layout()?
            .map_err(|reason| ScanError::Permanent(format!("{}: {reason}", self.shown.display())))
    }

    /// What to say when there is none.
    pub(crate) fn not_an_export(&self) -> ScanError {
        ScanError::Permanent(format!(
            "{} is not a tenant export: expected {YAML}, or {DIRECTORY} and folders such as clients/, or folders that \
             hold one of these each, as 'a0deploy export' writes them",
            self.shown.display()
        ))
    }

    fn find_layout(&self) -> Result<Result<Option<Layout>, NotAssessed>, Stopped> {
        if let Some(file) = &self.file {
            let file = file.clone();
            let report = file.ends_with(import::ENDING);
            return Ok(Ok(Some(if report { Layout::Report(file) } else { Layout::Yaml(file) })));
        }
        let files = match self.tree.list_root()? {
            Ok(listing) => listing.entries,
            Err(reason) => return Ok(Err(reason)),
        };
        let has = |name: &str| files.iter().any(|(entry, kind)| entry == name && *kind != Kind::Folder);
        match (has(YAML), has(DIRECTORY)) {
            (true, true) => Ok(Err(NotAssessed::Unreadable(format!(
                "holds both {YAML} and {DIRECTORY}: name the file {YAML} itself, or move one of the two away"
            )))),
            (true, false) => Ok(Ok(Some(Layout::Yaml(YAML.to_owned())))),
            (false, true) => Ok(Ok(Some(Layout::Directory))),
            (false, false) => Ok(Ok(self.has_collections()?.then_some(Layout::Directory))),
        }
    }

    /// Without tenant settings, which may be left out: whether any collection has a file where it belongs.
    fn has_collections(&self) -> Result<bool, Stopped> {
        for source in sources() {
            let folder = match source.files {
                Files::Each(folder) | Files::EachBut(folder, _) | Files::Folders(folder, _) => folder,
                Files::One(_) | Files::List(_) | Files::Nowhere => continue,
            };
            let Ok(Some(listing)) = self.tree.list(folder)? else { continue };
            let is_export = |name: &str| name == DIRECTORY || name == YAML;
            if listing.entries.iter().any(|(name, _)| is_export(name)) {
                continue;
            }
            if let Files::Folders(_, file) = source.files {
                for (name, _) in listing.entries.iter().filter(|(_, kind)| *kind == Kind::Folder) {
                    let below =
                        self.tree.list(&format!("{folder}/{name}"))?.ok().flatten().unwrap_or_default();
                    if below.entries.iter().any(|(name, _)| name == file) {
                        return Ok(true);
                    }
                }
            } else if listing
                .entries
                .iter()
                .any(|(name, kind)| *kind == Kind::File && name.ends_with(".json"))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn cannot_open(name: &str, path: &Path, error: &io::Error) -> ScanError {
    let shown = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => ScanError::Missing(format!(
            "export:{name}: there is no folder {shown}: export the tenant there, or correct the path in the configuration"
        )),
        io::ErrorKind::NotADirectory => ScanError::Permanent(format!(
            "export:{name}: {shown} is not a folder: expected the folder of an export, or its {YAML}"
        )),
        io::ErrorKind::PermissionDenied => ScanError::Permanent(format!(
            "export:{name}: {shown} may not be read: give this user read access to it"
        )),
        _ => ScanError::Transient(format!("export:{name}: {shown} cannot be opened ({error})")),
    }
}
