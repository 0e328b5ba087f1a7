//! An Action has a draft and the version that runs. What runs is what counts.

use checkmate_domain::NotAssessed;

use super::check::{Answer, Verdict};
use super::code::{self, Facts, Script, Spot};
use super::item::Item;
use super::snapshot::TenantSnapshot;

/// Where the API tells the version that runs.
const DEPLOYED: &str = "deployed_version";

/// A field of the version that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Running {
    /// It is at this path.
    At(String),
    /// No version was ever deployed.
    Nothing,
}

/// Where `code`, `runtime` or `dependencies` of the version that runs lies. An export has one version, which a deployment
/// makes run.
pub(crate) fn running(action: &Item, field: &str) -> Result<Running, NotAssessed> {
    if action.has(DEPLOYED)? {
        let path = format!("{DEPLOYED}/{field}");
        // A list of versions may leave the code out where it is that of the draft.
        let same = action.flag("all_changes_deployed")? == Some(true);
        return match (action.has(&path)?, same) {
            (true, _) => Ok(Running::At(path)),
            (false, true) => Ok(Running::At(field.to_owned())),
            // Without packages there is no list.
            (false, false) if field == "dependencies" => Ok(Running::At(path)),
            (false, false) => Err(action.not_stated(&path)),
        };
    }
    match (action.flag("all_changes_deployed")?, action.flag("deployed")?) {
        (Some(false), None | Some(false)) => Ok(Running::Nothing),
        (Some(false), Some(true)) => Err(action.not_stated(DEPLOYED)),
        _ => Ok(Running::At(field.to_owned())),
    }
}

/// The script of the version that runs, with its path; `None` where there is none.
pub(crate) fn script<'a>(
    action: &Item,
    tenant: &'a TenantSnapshot,
) -> Result<Option<(String, &'a Script)>, NotAssessed> {
    match running(action, "code")? {
        Running::At(path) => Ok(code::script(action, &path, tenant)?.map(|script| (path, script))),
        Running::Nothing => Ok(None),
    }
}

/// A question about the code that runs: a problem where it has such spots.
pub(crate) fn spots(
    action: &Item,
    tenant: &TenantSnapshot,
    which: fn(&Facts) -> &Vec<Spot>,
    problem: (checkmate_domain::Severity, &str, &str),
) -> Answer {
    match running(action, "code")? {
        Running::At(path) => code::spots(action, &path, tenant, which, problem),
        Running::Nothing => Ok(NEVER_DEPLOYED),
    }
}

/// A question about the code of a module. The API tells the newest draft; where not all of it is published, the version that
/// Actions use is not told, and only a problem of the draft says that there is one in the making.
pub(crate) fn module_spots(
    module: &Item,
    tenant: &TenantSnapshot,
    which: fn(&Facts) -> &Vec<Spot>,
    problem: (checkmate_domain::Severity, &str, &str),
) -> Answer {
    let said = code::spots(module, "code", tenant, which, problem)?;
    let draft = module.flag("all_changes_published")? == Some(false);
    match said {
        Verdict::Passed if draft => Err(NotAssessed::Unknown(format!(
            "{} is a draft: the version that Actions use is not told",
            module.pointer("code")
        ))),
        said => Ok(said),
    }
}

/// The answer about an Action that never ran.
pub(crate) const NEVER_DEPLOYED: Verdict = Verdict::NotApplicable("no version of it was deployed");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::parse;
    use checkmate_domain::ResourceId;

    fn item(json: &str) -> Item {
        let value = parse::json(json).expect("valid");
        Item { id: ResourceId::new("x").expect("id"), name: "x".into(), at: "x#".into(), value }
    }

    #[test]
    fn what_runs_is_told_from_the_draft() {
        let at = |path: &str| Ok(Running::At(path.to_owned()));
        for (json, expected) in [
            (r#"{"code": "x"}"#, at("code")),
            (r#"{"code": "x", "deployed": true}"#, at("code")),
            (r#"{"code": "x", "deployed": false}"#, at("code")),
            (r#"{"code": "x", "all_changes_deployed": false}"#, Ok(Running::Nothing)),
            (r#"{"code": "x", "deployed_version": {"code": "y"}}"#, at("deployed_version/code")),
            (r#"{"code": "x", "all_changes_deployed": true, "deployed_version": {"id": "y"}}"#, at("code")),
        ] {
            assert_eq!(running(&item(json), "code"), expected, "{json}");
        }
        for json in [
            r#"{"code": "x", "all_changes_deployed": false, "deployed_version": {"id": "y"}}"#,
            r#"{"code": "x", "all_changes_deployed": false, "deployed": true}"#,
        ] {
            assert!(running(&item(json), "code").is_err(), "{json}");
        }
    }
}
