//! Which limit a refusal tells of; pure.

use checkmate_outbound::{HeaderMap, Reach};

use crate::render::line;

/// The name of the limit, where the vendor says it.
pub(crate) fn reason(headers: &HeaderMap) -> Option<String> {
    let reason = headers.get("ratelimit-reason")?.to_str().ok()?;
    Some(line(reason, 60))
}

/// What has to wait, by Atlassian's names: a quota is that of the site, a burst that of an endpoint, and writes to one
/// ticket are counted by themselves. A name that is not known is a burst; without one it is taken for all of the site.
pub(crate) fn reach(headers: &HeaderMap) -> Reach {
    match reason(headers) {
        None => Reach::Budget,
        Some(reason) if reason.contains("-quota-") => Reach::Budget,
        Some(reason) if reason.contains("-per-issue-") => Reach::Call,
        Some(_) => Reach::Endpoint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_reaches_as_far_as_its_name_says() {
        for (name, far) in [
            (Some("jira-quota-global-based"), Reach::Budget),
            (Some("jira-quota-tenant-based"), Reach::Budget),
            (Some("confluence-quota-tenant-based"), Reach::Budget),
            (Some("jira-burst-based"), Reach::Endpoint),
            (Some("jira-cost-based"), Reach::Endpoint),
            (Some("jira-per-issue-on-write"), Reach::Call),
            (None, Reach::Budget),
        ] {
            let mut headers = HeaderMap::new();
            name.map(|name| headers.insert("ratelimit-reason", name.parse().unwrap()));
            assert_eq!(reach(&headers), far, "{name:?}");
        }
    }
}
