//! Log streams carry changes of the tenant.

use checkmate_domain::{Exposure, NotAssessed, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed, first_few};
use crate::auth0::item::Item;
use crate::auth0::node::Node;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.logs.stream-filters",
        title: "Log streams carry changes of the tenant",
        severity: Severity::Moderate,
        exposure: Exposure::Internal,
        rationale: "A filter that leaves out management events hides who changed what, which is what is looked for after a \
                     break-in.",
        fix: "Add the management categories to the filter, or remove the filter.",
        steps: &["Dashboard: Monitoring > Streams > the stream: Filter by Event Category."],
        references: &[("Log streams", "https://auth0.com/docs/customize/log-streams")],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::LogStreams, ask),
};

/// What a list of filters has to let pass, or changes are missing.
const NEEDED: [&str; 2] = ["management.success", "management.fail"];

fn ask(stream: &Item, _: &TenantSnapshot) -> Answer {
    let path = "filters";
    let Some(filters) = question::objects(stream, path)? else { return Ok(Verdict::Passed) };
    if filters.is_empty() {
        return Ok(Verdict::Passed);
    }
    let names: Vec<&str> = filters
        .iter()
        .filter_map(|filter| match filter.get("name") {
            Some(Node::Text(name)) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let missing = NEEDED.iter().filter(|needed| !names.contains(needed)).count();
    if missing == 0 {
        return Ok(Verdict::Passed);
    }
    // Each value that is not known may be one of the missing.
    if missing <= filters.len() - names.len() {
        return Err(NotAssessed::Unknown(format!(
            "{} holds values that are not known",
            stream.pointer(path)
        )));
    }
    failed(
        Severity::Moderate,
        "A log stream leaves changes of the tenant out",
        &stream.pointer(path),
        &first_few(&names),
        "management.success and management.fail",
    )
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
                    "failed moderate",
                    "logStreams: [{name: a, filters: [{type: category, name: auth.login.fail}]}]",
                ),
                (
                    "failed moderate",
                    "logStreams: [{name: a, filters: [{type: category, name: management.success}]}]",
                ),
                (
                    "passed",
                    "logStreams: [{name: a, filters: [{type: category, name: management.success}, {type: category, name: management.fail}]}]",
                ),
                ("passed", "logStreams: [{name: a}]"),
                (
                    "not-assessed",
                    "logStreams: [{name: a, filters: [{type: category, name: management.fail}, {type: category, name: ##X##}]}]",
                ),
                (
                    "failed moderate",
                    "logStreams: [{name: a, filters: [{type: category, name: management.other}, {type: category, name: ##X##}]}]",
                ),
                ("not-assessed", "logStreams: [{name: a, filters: ##X##}]"),
            ],
        );
    }
}
