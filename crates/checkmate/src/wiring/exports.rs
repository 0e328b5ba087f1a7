//! Where an export's name leads: the configuration first, then the names registered by `path:` on the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use checkmate_domain::hash::derive;
use checkmate_scanners::auth0::Exports;
use checkmate_store::{Store, StoreError};

/// Names and folders, shared by the scanner and the command line of one process.
#[derive(Debug, Default)]
pub struct ExportNames(RwLock<BTreeMap<String, PathBuf>>);

impl ExportNames {
    /// Those of the configuration.
    #[must_use]
    pub fn new(configured: BTreeMap<String, PathBuf>) -> Self {
        Self(RwLock::new(configured))
    }

    /// Adds the registered ones; a configured name keeps its folder.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn add_registered(&self, store: &dyn Store) -> Result<(), StoreError> {
        let registered = store.exports().await?;
        let mut names = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (name, path) in registered {
            names.entry(name).or_insert_with(|| path.into());
        }
        Ok(())
    }

    /// The name for a folder: the one it has, else its last part, else that with a mark of the whole path.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn register(&self, store: &dyn Store, folder: &Path) -> Result<String, StoreError> {
        let (name, new) = self.name_for(folder);
        if new {
            store.set_export(&name, &folder.to_string_lossy()).await?;
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), folder.to_owned());
        }
        Ok(name)
    }

    fn name_for(&self, folder: &Path) -> (String, bool) {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((name, _)) = names.iter().find(|(_, path)| path.as_path() == folder) {
            return (name.clone(), false);
        }
        let last = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let plain: String = last
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' })
            .take(80)
            .collect();
        let plain = if plain.trim_matches(['.', '-']).is_empty() { "export".to_owned() } else { plain };
        if names.contains_key(&plain) {
            let mark = derive("checkmate.path.v1", &[&folder.to_string_lossy()], 6);
            (format!("{plain}-{mark}"), true)
        } else {
            (plain, true)
        }
    }
}

impl Exports for ExportNames {
    fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_never_shared_by_two_folders() {
        let names = ExportNames::new(BTreeMap::from([("acme".to_owned(), PathBuf::from("/a/acme"))]));
        assert_eq!(names.name_for(Path::new("/a/acme")), ("acme".to_owned(), false));
        assert_eq!(names.name_for(Path::new("/x/my export")), ("my-export".to_owned(), true));
        assert_eq!(names.name_for(Path::new("/")), ("export".to_owned(), true));
        let (other, new) = names.name_for(Path::new("/b/acme"));
        assert!(new && other.starts_with("acme-") && other.len() == 11, "{other}");
    }
}
