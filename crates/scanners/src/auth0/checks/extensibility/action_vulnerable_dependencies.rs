//! Packages of Actions have no known holes.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::action::{self, Running};
use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::item::Item;
use crate::auth0::node::Node;
use crate::auth0::packages;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.extensibility.action-vulnerable-dependencies",
        title: "Packages of Actions have no known holes",
        severity: Severity::High,
        exposure: Exposure::Internal,
        rationale: "A package with a published hole runs in every login. Attackers read the same advisories.",
        fix: "Move the package to the version in which the hole is mended.",
        steps: &["Dashboard: Actions > Library > the Action > Dependencies."],
        references: &[(
            "Manage dependencies",
            "https://auth0.com/docs/customize/actions/manage-dependencies",
        )],
        checkmate: &["checkDependencies"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Actions, ask),
};

fn ask(action: &Item, _: &TenantSnapshot) -> Answer {
    let Running::At(path) = action::running(action, "dependencies")? else {
        return Ok(action::NEVER_DEPLOYED);
    };
    let dependencies = question::objects(action, &path)?.unwrap_or_default();
    let (mut clean, mut unclear) = (Vec::new(), None);
    for (n, dependency) in dependencies.iter().enumerate() {
        let (Some(Node::Text(name)), Some(Node::Text(version))) =
            (dependency.get("name"), dependency.get("version"))
        else {
            unclear = Some(action.not_stated(&format!("{path}/{n}/version")));
            continue;
        };
        match packages::hole(name, version) {
            Some(hole) => {
                let seen = format!("{name} {version}: {}", hole.id);
                let [major, minor, patch] = hole.mended;
                let expected = format!("{name} {major}.{minor}.{patch} or later");
                let pointer = action.pointer(&format!("{path}/{n}"));
                return failed(Severity::High, "A package has a known hole", &pointer, &seen, &expected);
            }
            None => clean.push(name.as_str()),
        }
    }
    match unclear {
        Some(reason) => Err(reason),
        None if clean.is_empty() => Ok(Verdict::Passed),
        None => Err(only_a_list(&clean)),
    }
}

/// The list is short, and older than today: that a package is not on it says nothing.
fn only_a_list(packages: &[&str]) -> NotAssessed {
    NotAssessed::Unknown(format!(
        "no hole is known of {}, but only a short built-in list as of {} was looked at",
        first_few(packages),
        packages::AS_OF
    ))
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
                (
                    "failed high",
                    "actions: [{name: a, dependencies: [{name: left-pad, version: 1.0.0}, {name: jsonwebtoken, version: 8.5.1}]}]",
                ),
                ("passed", "actions: [{name: a, dependencies: []}]"),
                ("not-assessed", "actions: [{name: a, dependencies: [{name: left-pad, version: 1.0.0}]}]"),
                (
                    "failed high",
                    "actions: [{name: a, dependencies: [{name: ##X##, version: 1.0.0}, {name: ws, version: 8.0.0}]}]",
                ),
                (
                    "not-assessed",
                    "actions: [{name: a, dependencies: [{name: jsonwebtoken, version: 9.0.2}]}]",
                ),
                ("not-assessed", "actions: [{name: a, dependencies: [{name: ws, version: ##X##}]}]"),
            ],
        );
    }
}
