//! Deliveries as lines, and one with all that is known about it.

use std::fmt::Write;

use checkmate_domain::{DeliveryRecord, Subject};

use crate::view::{Paint, Show, plain};

/// A table of deliveries.
#[must_use]
pub fn list(rows: &[DeliveryRecord], total: usize, show: Show<'_>) -> String {
    let Show { program, color } = show;
    if rows.is_empty() {
        return "no deliveries\n".to_owned();
    }
    let paint = Paint(color);
    let head = format!(
        "{:<12}  {:<14}  {:<11}  {:<16}  {:<20}  {}",
        "delivery", "route", "state", "there as", "changed", "why"
    );
    let mut text = paint.bold(head.trim_end()) + "\n";
    for row in rows {
        let line = format!(
            "{:<12}  {:<14}  {:<11}  {:<16}  {:<20}  {}",
            row.id.as_str().chars().take(12).collect::<String>(),
            plain(&row.route, 14),
            row.state.as_str(),
            there(row),
            row.changed_at.to_string().chars().take(19).collect::<String>(),
            plain(row.why.as_deref().unwrap_or_default(), 90)
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let number = if total == 1 { "1 delivery".to_owned() } else { format!("{total} deliveries") };
    let _ = writeln!(text, "{}", paint.dim(&format!("{} of {number}", rows.len())));
    let _ = writeln!(
        text,
        "\nnext: {program} deliveries show ID | {program} deliveries retry --all --dry-run | {program} deliveries cancel ID"
    );
    text
}

/// One delivery.
#[must_use]
pub fn show(row: &DeliveryRecord, show: Show<'_>) -> String {
    let paint = Paint(show.color);
    let mut text = format!("{}\n", paint.bold(&format!("delivery {}", plain(row.id.as_str(), 40))));
    let mut line = |word: &str, what: &str| {
        let _ = writeln!(text, "  {word:<10}{}", plain(what, 1_000));
    };
    line("route", &row.route);
    line("about", &about(&row.subject));
    line("state", row.state.as_str());
    if let Some(approval) = &row.approval {
        line("held by", &format!("approval {approval}"));
    }
    if let Some(why) = &row.why {
        line("why", why);
    }
    match &row.within {
        Some(summary) => line("there as", &format!("a line of delivery {summary}")),
        None => line("there as", row.remote.as_deref().unwrap_or("nothing that is known")),
    }
    line("scan", row.scan.as_ref().map_or("none that is kept", |scan| scan.as_str()));
    line("sent", &format!("{} since it was last there", times(row.attempts)));
    if row.looks > 0 {
        line("looked", &format!("{} since it was sent", times(row.looks)));
    }
    let due = row.due.map_or_else(|| "nothing is to be done".to_owned(), |due| due.to_string());
    line("due", &due);
    line("changed", &row.changed_at.to_string());
    text
}

/// Under which name it is there, or in whose ticket.
fn there(row: &DeliveryRecord) -> String {
    match (&row.within, &row.remote) {
        (Some(summary), _) => format!("in {}", summary.as_str().chars().take(12).collect::<String>()),
        (None, Some(remote)) => plain(remote, 16),
        (None, None) => "-".to_owned(),
    }
}

fn times(number: u32) -> String {
    if number == 1 { "once".to_owned() } else { format!("{number} times") }
}

fn about(subject: &Subject) -> String {
    match subject {
        Subject::Finding(fingerprint) => format!("finding {fingerprint}"),
        Subject::Group(group) => format!("group {group}: one root cause"),
        Subject::Summary(scan) => format!("what scan {scan} found beyond tickets of their own"),
        Subject::Scan(scan) => format!("scan {scan}"),
        Subject::Digest(scope, at) => format!("how {scope} stands at {at}"),
        Subject::Posture(scope) => format!("how {scope} stands"),
        Subject::Change(scan, fingerprint) => format!("what scan {scan} changed about finding {fingerprint}"),
    }
}
