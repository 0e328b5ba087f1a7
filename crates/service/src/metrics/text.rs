//! The text that Prometheus reads.

use std::fmt::Write as _;

use super::cells::{self, BUCKETS, Cell, Times};
use super::names::Metric;

/// What [`exposition`] is, for the header of the answer.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Every metric with what it has come to. One that nothing was recorded for is named without a value.
#[must_use]
pub fn exposition() -> String {
    let mut text = String::new();
    for metric in Metric::ALL {
        // Writing to a string does not fail.
        let _ = writeln!(text, "# HELP {} {}", metric.name(), metric.help());
        let _ = writeln!(text, "# TYPE {} {}", metric.name(), metric.kind().as_str());
        for (values, cell) in cells::read(*metric) {
            let labels = metric.labels().iter().zip(values);
            let labels: Vec<String> = labels.map(|(name, value)| format!("{name}=\"{value}\"")).collect();
            match cell {
                Cell::Count(count) => line(&mut text, metric.name(), &labels, &count),
                Cell::Level(level) => line(&mut text, metric.name(), &labels, &level),
                Cell::Times(times) => histogram(&mut text, metric.name(), &labels, &times),
            }
        }
    }
    text
}

fn line(text: &mut String, name: &str, labels: &[String], value: &dyn std::fmt::Display) {
    let _ = match labels {
        [] => writeln!(text, "{name} {value}"),
        labels => writeln!(text, "{name}{{{}}} {value}", labels.join(",")),
    };
}

fn histogram(text: &mut String, name: &str, labels: &[String], times: &Times) {
    let bucket = format!("{name}_bucket");
    let mut below = 0;
    for (bound, count) in BUCKETS.iter().zip(times.buckets) {
        below += count;
        line(text, &bucket, &with(labels, format!("le=\"{bound}\"")), &below);
    }
    line(text, &bucket, &with(labels, "le=\"+Inf\"".to_owned()), &times.count);
    line(text, &format!("{name}_sum"), labels, &times.sum);
    line(text, &format!("{name}_count"), labels, &times.count);
}

fn with(labels: &[String], last: String) -> Vec<String> {
    let mut all = labels.to_vec();
    all.push(last);
    all
}
