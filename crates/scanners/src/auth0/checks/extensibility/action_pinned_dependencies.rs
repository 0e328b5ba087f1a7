//! Packages of Actions have a fixed version and a known source.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::action::{self, Running};
use crate::auth0::address;
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::node::Node;
use crate::auth0::packages;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.action-pinned-dependencies",
        title: "Packages of Actions have a fixed version and a known source",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "'latest' is whatever was published last, also by somebody who took a package over. Another registry is \
                     another party that decides what your login runs.",
        fix: "Write the exact version of each package, and take packages from the public registry.",
        steps: &["Dashboard: Actions > Library > the Action > Dependencies."],
        references: &[(
            "Manage dependencies",
            "https://auth0.com/docs/customize/actions/manage-dependencies",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Actions, ask),
};

fn ask(action: &Item, _: &TenantSnapshot) -> Answer {
    let Running::At(path) = action::running(action, "dependencies")? else {
        return Ok(action::NEVER_DEPLOYED);
    };
    for (n, dependency) in question::objects(action, &path)?.unwrap_or_default().iter().enumerate() {
        let pointer = action.pointer(&format!("{path}/{n}"));
        if let Some(Node::Text(registry)) = dependency.get("registry_url")
            && !registry.is_empty()
        {
            return failed(
                Severity::High,
                "A package comes from another registry",
                &pointer,
                &address::shown(registry),
                "the public registry",
            );
        }
        match dependency.get("version") {
            Some(Node::Text(version)) if packages::is_exact(version) => {}
            Some(Node::Text(version)) => {
                return failed(
                    Severity::Moderate,
                    "A package has no fixed version",
                    &pointer,
                    version,
                    "an exact version",
                );
            }
            _ => return Err(action.not_stated(&format!("{path}/{n}/version"))),
        }
    }
    Ok(Verdict::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth0::fixture;

    #[test]
    fn answers() {
        fixture::holds(
            &CHECK,
            &[
                ("failed moderate", "actions: [{name: a, dependencies: [{name: axios, version: latest}]}]"),
                (
                    "failed high",
                    "actions: [{name: a, dependencies: [{name: axios, version: 1.8.4, registry_url: 'https://npm.example.com'}]}]",
                ),
                ("passed", "actions: [{name: a, dependencies: [{name: axios, version: 1.8.4}]}]"),
                ("passed", "actions: [{name: a}]"),
                (
                    "failed moderate",
                    "actions: [{name: a, all_changes_deployed: false, deployed_version: {dependencies: [{name: axios, version: latest}]}}]",
                ),
                ("not-assessed", "actions: [{name: a, dependencies: [{name: axios}]}]"),
            ],
        );
    }
}
