//! Tokens of social networks are exchanged only where it is meant.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::question;
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
    question::first_problem(["apple", "facebook", "google"].map(|network| exchanges(application, network)))
}

fn exchanges(application: &Item, network: &str) -> Answer {
    let path = format!("native_social_login/{network}/enabled");
    if application.flag(&path)? != Some(true) {
        return Ok(Verdict::Passed);
    }
    let title = "Tokens of a social network are exchanged";
    failed(Severity::Info, title, &application.pointer(&path), "true", "false where unused")
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
