//! Every log stream runs.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.logs.stream-state",
        title: "Every log stream runs",
        severity: Severity::Moderate,
        exposure: Exposure::Internal,
        rationale: "A stream that is paused or suspended loses what happens meanwhile, and nobody is told.",
        fix: "Mend the receiver and resume the stream, or delete it.",
        steps: &["Dashboard: Monitoring > Streams > the stream."],
        references: &[("Log streams", "https://auth0.com/docs/customize/log-streams")],
        checkmate: &["checkLogStream"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::LogStreams, ask),
};

fn ask(stream: &Item, _: &TenantSnapshot) -> Answer {
    question::stated_none_of(
        stream,
        "status",
        &["paused", "suspended"],
        Severity::Moderate,
        "A log stream does not run",
        "active",
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
                ("failed moderate", "logStreams: [{name: a, status: suspended}]"),
                ("passed", "logStreams: [{name: a, status: active}]"),
                ("not-assessed", "logStreams: [{name: a, status: ##X##}]"),
                ("not-applicable", "logStreams: []"),
                ("not-assessed", "logStreams: [{name: a}]"),
            ],
        );
    }
}
