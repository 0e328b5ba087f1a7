//! `broker setup|check`.

use std::fmt::Write;
use std::time::Duration;

use checkmate_queue::rabbitmq::admin::{self, AdminConfig, Line, Step, Verdict};
use serde_json::json;

use crate::cli::{BrokerCommand, Format};
use crate::commands::Out;
use crate::config::{Config, Setting};
use crate::view::{self, Paint};
use crate::wiring::rabbit;
use crate::{EXIT_DONE, EXIT_ERROR};

/// How often RabbitMQ gathers what its management API tells, unless it is configured otherwise.
const GATHERED_EVERY: Duration = Duration::from_secs(5);
/// Looks after a first one that found something wrong.
const MORE_LOOKS: usize = 2;

pub(crate) async fn run(config: &Config, command: &BrokerCommand, out: &mut Out) -> anyhow::Result<u8> {
    let Setting::Distributed { broker, .. } = config.setting()? else {
        out.text("the embedded queue needs no setting up: broker.url names a file\n").await?;
        return Ok(EXIT_DONE);
    };
    let admin = rabbit::admin(&config.broker, &broker)?;
    match command {
        BrokerCommand::Setup { format } => {
            let steps = admin::setup(&admin).await?;
            out.text(&setup_text(&steps, format.format)?).await?;
            Ok(EXIT_DONE)
        }
        BrokerCommand::Check { format } => {
            let lines = check(&admin).await?;
            out.text(&check_text(&lines, format.format, out.color)?).await?;
            Ok(if any_wrong(&lines) { EXIT_ERROR } else { EXIT_DONE })
        }
    }
}

/// Looks again when something is wrong: right after a set-up the management API still tells what it gathered before.
async fn check(admin: &AdminConfig) -> anyhow::Result<Vec<Line>> {
    let mut lines = admin::check(admin).await?;
    for _ in 0..MORE_LOOKS {
        if !any_wrong(&lines) {
            break;
        }
        tokio::time::sleep(GATHERED_EVERY).await;
        lines = admin::check(admin).await?;
    }
    Ok(lines)
}

fn any_wrong(lines: &[Line]) -> bool {
    lines.iter().any(|line| line.verdict == Verdict::Wrong)
}

fn setup_text(steps: &[Step], format: Format) -> anyhow::Result<String> {
    if format == Format::Json {
        let steps: Vec<_> = steps
            .iter()
            .map(|step| json!({ "what": step.what, "change": step.change.to_string() }))
            .collect();
        return view::json(&steps);
    }
    let mut text: String = steps.iter().fold(String::new(), |mut text, step| {
        let _ = writeln!(text, "{:<10} {}", step.change, step.what);
        text
    });
    text.push_str("done; 'checkmate broker check' looks whether all is as it should be\n");
    Ok(text)
}

fn check_text(lines: &[Line], format: Format, color: bool) -> anyhow::Result<String> {
    if format == Format::Json {
        let line = |line: &Line| {
            json!({
                "what": line.what, "verdict": line.verdict.to_string().to_lowercase(),
                "found": line.found, "expected": line.expected, "mend": line.mend,
            })
        };
        return view::json(&lines.iter().map(line).collect::<Vec<_>>());
    }
    let paint = Paint(color);
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "{:<8} {}", line.verdict, line.what);
        if line.verdict != Verdict::Ok {
            let _ = writeln!(text, "         found {}, expected {}", line.found, line.expected);
            let _ = writeln!(text, "         {}", paint.warn(&line.mend));
        }
    }
    let wrong = lines.iter().filter(|line| line.verdict == Verdict::Wrong).count();
    let unknown = lines.iter().filter(|line| line.verdict == Verdict::Unknown).count();
    let _ = writeln!(
        text,
        "{} looked at, {wrong} wrong, {unknown} that cannot be read",
        view::count(lines.len(), "thing")
    );
    Ok(text)
}
