//! How much is allowed per time: bursts per endpoint, writes per ticket, points per hour.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Jira, limited};
use crate::office::limits::{Window, seconds};
use crate::office::said::{Answer, Ctx};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// What was used up.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// By method and endpoint.
    bursts: BTreeMap<String, Window>,
    /// By ticket and place among the limits.
    issues: BTreeMap<(String, usize), Window>,
    /// Points since the hour began, and which hour it is.
    points: (i64, usize),
}

/// The endpoint of a path: names stay, ids do not.
fn endpoint(method: &str, path: &[&str]) -> String {
    let places = path
        .iter()
        .enumerate()
        .map(|(place, part)| if place % 2 == 1 && path[0] == "issue" { "{}" } else { *part });
    format!("{method} {}", places.collect::<Vec<_>>().join("/"))
}

impl Jira {
    /// Lets a request through, or says how long to wait.
    pub(super) fn allow(&mut self, ctx: &Ctx<'_>, method: &str, path: &[&str]) -> Result<(), Box<Answer>> {
        self.points(ctx)?;
        self.burst(ctx, method, path)?;
        match path {
            ["issue", issue, ..] if method != "GET" => self.per_issue(ctx, issue),
            _ => Ok(()),
        }
    }

    fn points(&mut self, ctx: &Ctx<'_>) -> Result<(), Box<Answer>> {
        let Some(most) = self.limits.points else { return Ok(()) };
        let length = i64::try_from(ctx.clock.scaled(HOUR).as_millis()).unwrap_or(i64::MAX).max(1);
        let (hour, into) = (ctx.now.as_millis() / length, ctx.now.as_millis() % length);
        if self.meter.points.0 != hour {
            self.meter.points = (hour, 0);
        }
        if self.meter.points.1 >= most {
            let left = Duration::from_millis(u64::try_from(length - into).unwrap_or(0));
            return Err(over("jira-quota-tenant-based", most, left, ctx));
        }
        self.meter.points.1 += 1;
        Ok(())
    }

    fn burst(&mut self, ctx: &Ctx<'_>, method: &str, path: &[&str]) -> Result<(), Box<Answer>> {
        let Some(most) = self.most(method) else { return Ok(()) };
        let window = self.meter.bursts.entry(endpoint(method, path)).or_default();
        let wait = window.wait(ctx.now, most, ctx.clock.scaled(SECOND));
        if !wait.is_zero() {
            return Err(over("jira-burst-based", most, wait, ctx));
        }
        window.done(ctx.now);
        Ok(())
    }

    fn per_issue(&mut self, ctx: &Ctx<'_>, issue: &str) -> Result<(), Box<Answer>> {
        let Ok(found) = self.find(issue) else { return Ok(()) };
        let (id, limits) = (found.id.to_string(), self.limits.per_issue.clone());
        for (place, (most, per)) in limits.iter().enumerate() {
            let window = self.meter.issues.entry((id.clone(), place)).or_default();
            let wait = window.wait(ctx.now, *most, ctx.clock.scaled(*per));
            if !wait.is_zero() {
                return Err(over("jira-per-issue-on-write", *most, wait, ctx));
            }
        }
        for place in 0..limits.len() {
            self.meter.issues.entry((id.clone(), place)).or_default().done(ctx.now);
        }
        Ok(())
    }

    fn most(&self, method: &str) -> Option<usize> {
        if matches!(method, "GET" | "POST") { self.limits.burst } else { self.limits.burst_change }
    }

    /// Says how much is left.
    pub(super) fn near(&self, answer: &mut Answer, method: &str, path: &[&str]) {
        let Some(most) = self.most(method) else { return };
        let Some(window) = self.meter.bursts.get(&endpoint(method, path)) else { return };
        let left = window.left(most);
        answer.headers.push(("x-ratelimit-limit", most.to_string()));
        answer.headers.push(("x-ratelimit-remaining", left.to_string()));
        if left * 5 < most {
            answer.headers.push(("x-ratelimit-nearlimit", "true".to_owned()));
        }
    }
}

fn over(reason: &str, most: usize, wait: Duration, ctx: &Ctx<'_>) -> Box<Answer> {
    let answer = limited(reason)
        .with("retry-after", seconds(wait).to_string())
        .with("x-ratelimit-limit", most.to_string())
        .with("x-ratelimit-remaining", "0".to_owned())
        .with("x-ratelimit-reset", ctx.now.plus(wait).to_string());
    answer.into()
}
