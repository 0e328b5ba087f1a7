//! Dead letters as lines, and one with its content.

use std::fmt::Write;

use checkmate_store::DeadRecord;

use crate::view::{Paint, Show, count, plain};

/// A table of dead letters.
#[must_use]
pub fn list(letters: &[DeadRecord], total: usize, show: Show<'_>) -> String {
    let Show { program, color } = show;
    if letters.is_empty() {
        return "no dead letters wait\n".to_owned();
    }
    let paint = Paint(color);
    let head =
        format!("{:<16}  {:<26}  {:>6}  {:<9}  {}", "dead letter", "queue", "deaths", "status", "reason");
    let mut text = paint.bold(&head) + "\n";
    for letter in letters {
        let status = format!("{:?}", letter.status).to_lowercase();
        let _ = writeln!(
            text,
            "{:<16}  {:<26}  {:>6}  {status:<9}  {}",
            plain(&letter.id, 16),
            plain(&letter.queue, 26),
            letter.deaths,
            plain(&letter.reason, 90)
        );
    }
    let _ = writeln!(text, "{}", paint.dim(&format!("{} of {}", letters.len(), count(total, "dead letter"))));
    let _ = writeln!(
        text,
        "\nnext: {program} dead show ID | {program} dead replay --all --dry-run | {program} dead discard ID"
    );
    text
}

/// One dead letter.
#[must_use]
pub fn show(letter: &DeadRecord, color: bool) -> String {
    let paint = Paint(color);
    let mut text = format!("{}\n", paint.bold(&format!("dead letter {}", plain(&letter.id, 40))));
    let mut line = |word: &str, what: &str| {
        let _ = writeln!(text, "  {word:<10}{}", plain(what, 1_000));
    };
    line("reason", &letter.reason);
    line("queue", &letter.queue);
    line("message", letter.message_id.as_deref().unwrap_or("without an id"));
    line("job", letter.job.as_ref().map_or("none that could be read", |job| job.as_str()));
    line("scan", letter.scan.as_ref().map_or("none that could be read", |scan| scan.as_str()));
    line(
        "died",
        &format!("{} (first {}), {}", letter.last_at, letter.first_at, count(letter.deaths as usize, "time")),
    );
    line("status", &format!("{:?}", letter.status).to_lowercase());
    let _ = writeln!(text, "  content, {} bytes:", letter.body_len);
    for content in letter.body.lines().take(40) {
        let _ = writeln!(text, "    {}", plain(content, 200));
    }
    text
}
