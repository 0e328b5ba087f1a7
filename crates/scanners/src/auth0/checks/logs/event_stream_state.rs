//! Event streams that exist are on.

use checkmate_domain::{Exposure, Severity};

use crate::auth0::check::{Answer, Ask, Check, Meta};
use crate::auth0::item::Item;
use crate::auth0::question;
use crate::auth0::snapshot::TenantSnapshot;
use crate::auth0::source::Collection;

pub(crate) static CHECK: Check = Check {
    meta: Meta {
        id: "auth0.logs.event-stream-state",
        title: "Event streams that exist are on",
        severity: Severity::Info,
        exposure: Exposure::Internal,
        rationale: "Somebody counts on the events of this stream, to lock accounts elsewhere for example. While it is off \
                     they get none.",
        fix: "Turn the stream on, or delete it.",
        steps: &["Dashboard: Event Streams > the stream."],
        references: &[("Event streams", "https://auth0.com/docs/customize/events")],
        checkmate: &["checkEventStreams"],
        ..Meta::PLAIN
    },
    ask: Ask::Each(Collection::EventStreams, ask),
};

fn ask(stream: &Item, _: &TenantSnapshot) -> Answer {
    question::stated_none_of(
        stream,
        "status",
        &["disabled"],
        Severity::Info,
        "An event stream is off",
        "enabled",
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
                ("failed info", "eventStreams: [{name: a, status: disabled}]"),
                ("passed", "eventStreams: [{name: a, status: enabled}]"),
                ("not-assessed", "eventStreams: [{name: a, status: ##X##}]"),
                ("not-applicable", "eventStreams: []"),
                ("not-assessed", "eventStreams: [{name: a}]"),
            ],
        );
    }
}
