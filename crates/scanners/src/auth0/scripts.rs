//! Loads the files that objects refer to by relative path, where a check reads them: the code of Actions. Blocking.

use checkmate_domain::NotAssessed;

use super::files::{Stopped, Tree};
use super::item::Written;
use super::snapshot::TenantSnapshot;
use super::source::Collection;

/// Reads the code of every known Action into the snapshot.
pub(crate) fn load(tree: &mut Tree, snapshot: &mut TenantSnapshot) -> Result<(), Stopped> {
    let references: Vec<String> = snapshot
        .known(Collection::Actions)
        .iter()
        .filter_map(|action| match action.written("code") {
            Ok(Some(Written::Known(path) | Written::Partly(path))) => Some(path.to_owned()),
            _ => None,
        })
        .collect();
    for reference in references {
        let path = reference.strip_prefix("./").unwrap_or(&reference);
        let text = tree.text(path)?;
        let missing = || NotAssessed::Unreadable("the file it refers to is missing".to_owned());
        snapshot.put_script(reference, text.and_then(|text| text.ok_or_else(missing)));
    }
    Ok(())
}
