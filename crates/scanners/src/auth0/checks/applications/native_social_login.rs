//! Tokens of social networks are exchanged only where it is meant.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.applications.native-social-login",
        title: "Tokens of social networks are exchanged only where it is meant",
        severity: Severity::Info,
        exposure: Exposure::Public,
        rationale: "With native social login an application turns a token of Apple, Facebook or Google into a login. Where \
                     nobody uses it, it is one more door.",
        fix: "Turn off native social login where the application does not use it.",
        steps: &["Dashboard: Applications > the application > Advanced Settings > Device Settings."],
        references: &[(
            "Application settings",
            "https://auth0.com/docs/get-started/applications/application-settings",
        )],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::Clients, ask),
};

fn ask(application: &Item, _: &TenantSnapshot) -> Answer {
    let mut unknown = None;
    for network in ["apple", "facebook", "google"] {
        let path = format!("native_social_login/{network}/enabled");
        match application.flag(&path) {
            Ok(Some(true)) => {
                return failed(
                    Severity::Info,
                    "Tokens of a social network are exchanged",
                    &application.pointer(&path),
                    "true",
                    "false where unused",
                );
            }
            Ok(_) => {}
            Err(reason) => unknown = Some(reason),
        }
    }
    unknown.map_or(Ok(Verdict::Passed), Err)
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
                ("failed info", "clients: [{name: A, native_social_login: {apple: {enabled: true}}}]"),
                ("passed", "clients: [{name: A, native_social_login: {apple: {enabled: false}}}]"),
                ("not-assessed", "clients: [{name: A, native_social_login: @@X@@}]"),
            ],
        );
    }
}
