//! Log lines to stderr, for people or for machines, and traces to a collector.

use std::io::IsTerminal;
use std::sync::{Arc, OnceLock};

use checkmate_service::admin::LogLevel;
use checkmate_service::telemetry::{BadEndpoint, Exporter};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::reload::Handle;

use crate::cli::{Cli, Command};
use crate::config::{Config, LogFormat};

/// One set of log lines for the process, as there is one stderr.
static LEVEL: OnceLock<Arc<dyn LogLevel>> = OnceLock::new();

/// Starts logging. Roles tell what they do; commands only what goes wrong.
pub fn start(cli: &Cli, format: LogFormat) {
    let role =
        matches!(cli.command, Command::Up | Command::Scheduler | Command::Worker(_) | Command::Notifier);
    // What the AMQP client reports is told by us, with what it means.
    let default = if role { "info,lapin=off" } else { "error,lapin=off" };
    let filter = cli.log.as_deref().unwrap_or(default);
    let filter = understood(filter).unwrap_or_else(|why| {
        eprintln!("checkmate: --log: {why}; logging at {default}");
        EnvFilter::new(default)
    });
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if cli.log_json || matches!(format, LogFormat::Json) {
        let lines = lines.json().with_filter_reloading();
        keep(lines.reload_handle());
        lines.try_init()
    } else {
        let lines = lines.with_target(false).with_ansi(std::io::stderr().is_terminal());
        let lines = lines.with_filter_reloading();
        keep(lines.reload_handle());
        lines.try_init()
    };
    if let Err(error) = started {
        eprintln!("checkmate: no log lines: {error}");
    }
}

/// What is logged, for the admin pages; `None` before [`start`].
#[must_use]
pub fn log_level() -> Option<Arc<dyn LogLevel>> {
    LEVEL.get().cloned()
}

/// Sends traces from now on, when a collector is configured. To be closed when the work is done.
///
/// # Errors
/// When its address is not understood.
pub fn export(config: &Config) -> Result<Option<Exporter>, BadEndpoint> {
    let Some(endpoint) = &config.telemetry.otlp_endpoint else { return Ok(None) };
    let instance = format!("checkmate-{}", std::process::id());
    Exporter::start(endpoint, &instance, env!("CARGO_PKG_VERSION")).map(Some)
}

fn keep<S: 'static>(handle: Handle<EnvFilter, S>) {
    // The first one stays: it is the one that logs.
    let _ = LEVEL.set(Arc::new(Filter(handle)));
}

struct Filter<S>(Handle<EnvFilter, S>);

impl<S> LogLevel for Filter<S> {
    fn get(&self) -> String {
        self.0.with_current(|filter| filter.to_string()).unwrap_or_else(|error| error.to_string())
    }

    fn set(&self, filter: &str) -> Result<(), String> {
        self.0.reload(understood(filter)?).map_err(|error| error.to_string())
    }
}

/// A filter under which the AMQP client says nothing, whatever was asked: at `trace` it writes logins and message bodies.
fn understood(filter: &str) -> Result<EnvFilter, String> {
    let ours = filter.split(',').map(str::trim).filter(|one| !one.is_empty() && !one.starts_with("lapin"));
    let ours = ours.collect::<Vec<_>>().join(",");
    if ours.is_empty() {
        return Err("the filter is empty: send one such as info or checkmate_worker=debug".to_owned());
    }
    EnvFilter::try_new(format!("{ours},lapin=off"))
        .map_err(|error| format!("'{filter}' is not understood ({error}): send one such as info"))
}

#[cfg(test)]
mod tests {
    use super::understood;

    #[test]
    fn the_client_of_the_broker_stays_silent_whatever_is_asked() {
        for asked in ["trace", "info,lapin::io_loop=trace", "checkmate_worker=debug,lapin=debug,trace"] {
            let filter = format!(",{},", understood(asked).unwrap_or_default());
            assert!(filter.contains(",lapin=off,") && !filter.contains("lapin::"), "{asked}: {filter}");
        }
        assert!(understood("lapin=trace,,").is_err());
        assert!(understood("=,=").is_err());
    }
}
