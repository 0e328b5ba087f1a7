//! The log is kept outside of the tenant.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta, Verdict, failed};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.logs.streams",
        title: "The log is kept outside of the tenant",
        severity: Severity::Moderate,
        exposure: Exposure::Internal,
        rationale: "The tenant keeps its log for days. Without a stream there is nothing to look at when an attack is \
                     noticed weeks later.",
        fix: "Stream the log to where you keep logs.",
        steps: &["Dashboard: Monitoring > Streams."],
        references: &[("Log streams", "https://auth0.com/docs/customize/log-streams")],
        checkmate: &["checkLogStream"],
        ..Meta::PLAIN
    },
    ask: Ask::Tenant(ask),
};

fn ask(tenant: &TenantSnapshot) -> Answer {
    let streams = tenant.all(Collection::LogStreams)?;
    let path = "status";
    let runs = |stream: &Item| Ok(stream.text(path)?.ok_or_else(|| stream.not_stated(path))? == "active");
    if question::any(streams, runs)? {
        return Ok(Verdict::Passed);
    }
    let seen = if streams.is_empty() { "none" } else { "none is active" };
    failed(Severity::Moderate, "The log is not streamed", "log-streams", seen, "one that is active")
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
                ("failed moderate", "logStreams: []"),
                ("failed moderate", "logStreams: [{name: a, status: paused}]"),
                ("passed", "logStreams: [{name: a, status: active}]"),
                ("not-assessed", "logStreams: [{name: a, status: ##X##}]"),
                ("not-assessed", "tenant: {}"),
                ("not-assessed", "logStreams: [{name: a}]"),
            ],
        );
    }
}
