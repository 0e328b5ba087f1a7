//! Connections as lines.

use std::fmt::Write;

use checkmate_vault::readiness::Readiness;
use serde::Serialize;

use crate::config::ConnectionConfig;
use crate::view::{Paint, Show, plain, whole, wrap};

/// What is known of an account.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Seen {
    /// What the tenant shows.
    Looked(Readiness),
    /// Nothing, and why.
    NotLooked {
        /// Why.
        why: String,
    },
}

/// One connection.
#[derive(Debug, Serialize)]
pub struct ConnectionLine {
    name: String,
    provider: &'static str,
    connection: String,
    user: String,
    scopes: String,
    readiness: Seen,
}

impl ConnectionLine {
    /// Whether nothing could be seen of its account.
    #[must_use]
    pub const fn is_unseen(&self) -> bool {
        matches!(self.readiness, Seen::NotLooked { .. })
    }

    /// Of a connection, with what is known of its account.
    #[must_use]
    pub fn new(name: &str, one: &ConnectionConfig, readiness: Seen) -> Self {
        Self {
            name: name.to_owned(),
            provider: one.provider.as_str(),
            connection: one.connection.to_string(),
            user: one.user.to_string(),
            scopes: one.scopes.to_string(),
            readiness,
        }
    }
}

/// A list for people: each connection with what is to be done about it.
#[must_use]
pub fn list(lines: &[ConnectionLine], show: Show<'_>) -> String {
    let Show { program, color } = show;
    if lines.is_empty() {
        return "no connection is configured: see [connections] in docs/configuration.md\n".to_owned();
    }
    let paint = Paint(color);
    let mut text = String::new();
    for line in lines {
        let (state, next) = match &line.readiness {
            Seen::Looked(readiness) => (told(readiness, paint), next(readiness, program, &line.name)),
            Seen::NotLooked { why } => (
                paint.warn(&format!("not looked at: {}", wrap(&whole(why), 4, 105))),
                Some(format!("'{program} connections check {}' leases and tries it", line.name)),
            ),
        };
        let ConnectionLine { name, provider, connection, user, scopes, .. } = line;
        let _ = writeln!(text, "{}  {state}", paint.bold(&format!("{name:<16}")));
        let _ = writeln!(text, "  {provider}, connection {} of {}", plain(connection, 100), plain(user, 100));
        if !scopes.is_empty() {
            let _ = writeln!(text, "  needs {}", plain(scopes, 300));
        }
        if let Some(next) = next {
            let _ = writeln!(text, "  next: {next}");
        }
    }
    text
}

/// The command that mends an account that does not do what it must.
#[must_use]
pub fn mend(name: &str, show: Show<'_>) -> String {
    let what = "connects the account again, with all that jobs need of it";
    format!("\nnext: {} connections connect {name}  {}\n", show.program, Paint(show.color).dim(what))
}

fn told(readiness: &Readiness, paint: Paint) -> String {
    match readiness {
        Readiness::Ready => "ready".to_owned(),
        Readiness::NeedsConnect => paint.warn("not connected"),
        Readiness::ScopesMissing { missing } => paint.warn(&format!("scopes missing: {missing}")),
        Readiness::Idle { days } => {
            paint.warn(&format!("not used for {days} days; the tenant forgets it after a year"))
        }
        Readiness::Expires { at } => paint.warn(&format!("ends at {at}")),
    }
}

fn next(readiness: &Readiness, program: &str, name: &str) -> Option<String> {
    match readiness {
        Readiness::Ready => None,
        Readiness::NeedsConnect | Readiness::ScopesMissing { .. } | Readiness::Expires { .. } => {
            Some(format!("{program} connections connect {name}"))
        }
        Readiness::Idle { .. } => Some(format!("{program} connections check {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_keeps_its_command_however_much_stands_before_it() {
        let command = "checkmate connections connect github";
        let why =
            format!("connection github of auth0|x: {} Connect it with '{command}'.", "word ".repeat(400));
        let (provider, scopes) = (checkmate_scanners::Provider::Github, checkmate_domain::Scopes::default());
        let one = ConnectionConfig {
            provider,
            connection: "github".parse().unwrap(),
            user: "auth0|x".parse().unwrap(),
            scopes,
            login_hint: None,
        };
        let lines = [ConnectionLine::new("github", &one, Seen::NotLooked { why })];
        let text = list(&lines, Show { program: "checkmate", color: false });
        let flowing = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flowing.contains(command), "{text}");
    }
}
