//! Approvals as lines, and one with what it holds and what comes of an answer.

use std::fmt::Write;

use checkmate_domain::{Approval, ApprovalState, Ask};

use crate::commands::{ListedApproval, ShownApproval, short_approval as short};
use crate::view::{Paint, Show, count, plain};

/// Deliveries that are named; the rest is counted.
const NAMED: usize = 50;

/// A table of approvals.
#[must_use]
pub(crate) fn list(all: &[ListedApproval], total: usize, show: Show<'_>) -> String {
    let Show { program, color } = show;
    if total == 0 {
        return "no approvals: nothing waits for a person\n".to_owned();
    }
    let paint = Paint(color);
    let head = format!(
        "{:<12}  {:<14}  {:<9}  {:<6}  {:<20}  {}",
        "approval", "route", "state", "holds", "until", "what is asked"
    );
    let mut text = paint.bold(&head) + "\n";
    for ListedApproval { approval, holds } in all {
        let _ = writeln!(
            text,
            "{:<12}  {:<14}  {:<9}  {holds:<6}  {:<20}  {}",
            short(&approval.id),
            plain(&approval.route, 14),
            approval.state.as_str(),
            approval.expires_at.to_string().chars().take(19).collect::<String>(),
            plain(&asked(approval), 90)
        );
    }
    let _ = writeln!(text, "{}", paint.dim(&format!("{} of {}", all.len(), count(total, "approval"))));
    let _ = writeln!(
        text,
        "\nnext: {program} approvals show ID | {program} approvals approve ID | {program} approvals deny ID --reason WHY"
    );
    text
}

/// One approval.
#[must_use]
pub(crate) fn show(shown: &ShownApproval, show: Show<'_>) -> String {
    let (paint, approval) = (Paint(show.color), &shown.approval);
    let mut text = format!("{}\n", paint.bold(&format!("approval {}", approval.id)));
    let mut line = |word: &str, what: &str| {
        let _ = writeln!(text, "  {word:<10}{}", plain(what, 1_000));
    };
    line("asks", &asked(approval));
    line("route", &approval.route);
    line("scan", approval.scan.as_str());
    line("asked", &approval.asked_at.to_string());
    line("state", &stands(approval));
    line("approve", approves(&approval.ask));
    line("deny", denies(&approval.ask));
    line("holds", &count(shown.deliveries.len(), "ticket"));
    for held in shown.deliveries.iter().take(NAMED) {
        let (id, key) = (held.id.as_str().get(..12).unwrap_or_default(), held.remote.as_deref());
        let key = key.map_or_else(String::new, |key| format!(" ({})", plain(key, 30)));
        let _ = writeln!(text, "    {id}  {}{key}", plain(&held.title, 100));
    }
    if shown.deliveries.len() > NAMED {
        let _ = writeln!(text, "    and {} more", shown.deliveries.len() - NAMED);
    }
    if !approval.is_approved() {
        let (id, program) = (short(&approval.id), show.program);
        let _ = writeln!(
            text,
            "\nnext: {program} approvals approve {id} | {program} approvals deny {id} --reason WHY"
        );
    }
    text
}

/// What was decided just now.
#[must_use]
pub(crate) fn decided(shown: &ShownApproval, show: Show<'_>) -> String {
    let (approval, number) = (&shown.approval, count(shown.deliveries.len(), "ticket"));
    let comes = if approval.is_approved() { approves(&approval.ask) } else { denies(&approval.ask) };
    format!(
        "approval {} is {}: {comes}\n{number} held by it; next: {} deliveries list\n",
        short(&approval.id),
        approval.state.as_str(),
        show.program
    )
}

/// How many things wait, in a line; nothing when none does.
#[must_use]
pub(crate) fn waiting(number: usize, program: &str) -> String {
    match number {
        0 => String::new(),
        1 => format!("1 thing waits for your approval: {program} approvals list\n"),
        number => format!("{number} things wait for your approval: {program} approvals list\n"),
    }
}

/// What is asked, in a line.
#[must_use]
pub(crate) fn asked(approval: &Approval) -> String {
    ask(&approval.ask)
}

/// The same of a question that is not asked yet.
#[must_use]
pub(crate) fn ask(ask: &Ask) -> String {
    match ask {
        Ask::ManyNew { count: number } => {
            format!("tickets of their own for {} that one summary names", count(*number, "new problem"))
        }
        Ask::ManyClosing { count: number } => format!("close {} after one scan", count(*number, "ticket")),
        Ask::FirstUse { project } => format!("the first tickets in {project}"),
    }
}

fn stands(approval: &Approval) -> String {
    match &approval.state {
        ApprovalState::Waiting => format!("waiting, until {}", approval.expires_at),
        ApprovalState::Approved(verdict) | ApprovalState::Denied(verdict) => {
            let reason = verdict.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
            format!("{} by {} at {}{reason}", approval.state.as_str(), verdict.by, verdict.decided_at)
        }
        ApprovalState::Expired { .. } => {
            format!("expired: nobody decided by {}, which is as if it was denied", approval.expires_at)
        }
    }
}

const fn approves(ask: &Ask) -> &'static str {
    match ask {
        Ask::ManyNew { .. } => "each gets a ticket of its own, and leaves the summary",
        Ask::ManyClosing { .. } => "those of which nothing is open by then are closed",
        Ask::FirstUse { .. } => "the tickets are made, and later ones in this project wait no more",
    }
}

const fn denies(ask: &Ask) -> &'static str {
    match ask {
        Ask::ManyNew { .. } => "they stay in the summary",
        Ask::ManyClosing { .. } => "they stay as they are, each until something about it changes",
        Ask::FirstUse { .. } => {
            "none of them is made, and no later one in this project, unless it is approved still"
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use checkmate_domain::{DeliveryId, DeliveryState, Said, ScanId, Timestamp};

    use super::*;
    use crate::commands::HeldDelivery;

    const SHOW: Show<'static> = Show { program: "checkmate", color: false };

    fn asked(ask: Ask) -> Approval {
        let (scan, week) = (ScanId::new("0123456789ab").unwrap(), Duration::from_secs(7 * 86_400));
        Approval::asked("tickets", &scan, ask, Timestamp::from_millis(0), week)
    }

    fn shown(approval: Approval, number: usize) -> ShownApproval {
        let held = |number: usize| HeldDelivery {
            id: DeliveryId::new(format!("{number:032x}")).unwrap(),
            state: DeliveryState::Waiting,
            title: format!("Problem {number}"),
            remote: (number == 0).then(|| "SEC-7".to_owned()),
        };
        ShownApproval { approval, deliveries: (0..number).map(held).collect() }
    }

    #[test]
    fn one_is_shown_with_what_it_holds_and_what_comes_of_an_answer() {
        let text = show(&shown(asked(Ask::ManyClosing { count: 60 }), 60), SHOW);
        for part in [
            "asks      close 60 tickets after one scan",
            "waiting, until 1970-01-08T00:00:00",
            "those of which nothing is open by then are closed",
            "they stay as they are",
            "000000000000  Problem 0 (SEC-7)",
            "and 10 more",
            "--reason WHY",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let said = Said { by: "ann".to_owned(), at: Timestamp::from_millis(5) };
        let approved = asked(Ask::ManyNew { count: 1 }).approve(Some("ours"), &said).unwrap();
        let text = show(&shown(approved.clone(), 0), SHOW);
        assert!(text.contains("approved by ann at 1970") && text.contains(": ours"), "{text}");
        assert!(!text.contains("next:"), "there is nothing left to decide: {text}");
        assert!(decided(&shown(approved, 1), SHOW).contains("is approved: each gets a ticket of its own"));
    }

    #[test]
    fn a_list_says_what_is_asked() {
        let approval = asked(Ask::FirstUse { project: "SEC".to_owned() });
        let text = list(&[ListedApproval { approval, holds: 4 }], 2, SHOW);
        assert!(text.contains("the first tickets in SEC") && text.contains("1 of 2 approvals"), "{text}");
        assert!(list(&[], 0, SHOW).starts_with("no approvals"));
        assert_eq!(waiting(0, "checkmate"), "");
        assert_eq!(waiting(1, "checkmate"), "1 thing waits for your approval: checkmate approvals list\n");
        assert_eq!(waiting(2, "checkmate"), "2 things wait for your approval: checkmate approvals list\n");
    }
}
