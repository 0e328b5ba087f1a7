//! Tables whose names are free: the file names an export, a user, a role or a schedule as it likes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use checkmate_domain::{ScheduleName, Scope, scope::is_name};
use checkmate_queue::rabbitmq::admin::Role;
use checkmate_scheduler::schedules::ScheduleSpec;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::Config;
use super::connections::{self, ConnectionConfig};
use super::key::{Key, Read};
use super::kind::Kind;
use super::near::near;
use super::reader::Reader;
use super::routes::{self, RouteConfig};
use super::schedules;
use super::tenants::{self, TenantConfig};

/// What stands under the names of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// A folder for each export.
    Exports,
    /// A password file for each role.
    Passwords,
    /// Scopes for each user.
    Requests,
    /// A table with keys of its own for each schedule.
    Schedules,
    /// A table with keys of its own for each connection.
    Connections,
    /// A table with keys of its own for each tenant.
    Tenants,
    /// A table with keys of its own for each route.
    Routes,
}

/// A table with free names.
pub(super) struct Table {
    pub(super) path: &'static str,
    /// In one line.
    pub(super) about: &'static str,
    pub(super) of: Of,
    /// A name that may stand there.
    pub(super) name: &'static str,
    /// What may stand under it; for a schedule it has keys of its own.
    pub(super) kind: Kind,
    /// A value of that kind.
    pub(super) example: &'static str,
}

/// All tables with free names, in the order of the documents.
pub(super) static TABLES: [Table; 7] = [
    Table {
        path: "broker.role_password_files",
        about: "Passwords of the role users that `broker setup` makes, by role.",
        of: Of::Passwords,
        name: "worker",
        kind: Kind::SecretFile,
        example: "/etc/checkmate/worker.password",
    },
    Table {
        path: "requests.allow",
        about: "The scopes that a user of the broker may ask for, by user; nobody else is heard.",
        of: Of::Requests,
        name: "ticket-system",
        kind: Kind::Scopes,
        example: "[\"export:acme\"]",
    },
    Table {
        path: "exports",
        about: "Tenant exports by name, for `export:NAME`: a folder, or a folder of such folders.",
        of: Of::Exports,
        name: "acme",
        kind: Kind::Folder,
        example: "/srv/exports/acme",
    },
    Table {
        path: "schedules",
        about: "What is scanned by itself, and when; a table for each schedule.",
        of: Of::Schedules,
        name: "nightly",
        kind: Kind::Text,
        example: "",
    },
    Table {
        path: "connections",
        about: "Accounts that credentials are leased from, for `connection:NAME`; a table for each.",
        of: Of::Connections,
        name: "jira",
        kind: Kind::Text,
        example: "",
    },
    Table {
        path: "tenants",
        about: "Auth0 tenants that are scanned by their Management API, for `auth0:DOMAIN` and `org:NAME`; a table for each.",
        of: Of::Tenants,
        name: "acme",
        kind: Kind::Text,
        example: "",
    },
    Table {
        path: "routes",
        about: "Which findings go where, and how; a table for each. `notify preview SCAN` shows what would be sent; a route that has a `connection` or an address sends it.",
        of: Of::Routes,
        name: "tickets",
        kind: Kind::Text,
        example: "",
    },
];

/// A name as it stands in the file.
type Name<'i> = Spanned<DeString<'i>>;

impl Reader<'_> {
    /// Reads a table with free names.
    pub(super) fn free(&mut self, table: &Table, entries: &DeTable<'_>) {
        for (name, value) in entries {
            let path = format!("{}.{}", table.path, name.get_ref());
            if !self.may_be_called(table, name) {
                continue;
            }
            if table.of == Of::Schedules {
                self.schedule(name, value, &path);
            } else if table.of == Of::Connections {
                self.connection(name, value, &path);
            } else if table.of == Of::Tenants {
                self.tenant(name, value, &path);
            } else if table.of == Of::Routes {
                self.route(name, value, &path);
            } else if let Some(read) = self.value(table.kind, &path, table.example, value) {
                let kept = keep(&mut self.reading.config, table.of, name.get_ref(), read);
                self.note(&path, value.span().start, kept);
            }
        }
    }

    /// Whether the name may stand there; a mistake when not.
    fn may_be_called(&mut self, table: &Table, name: &Name<'_>) -> bool {
        let text: &str = name.get_ref();
        let shown = super::texts::shown(text);
        let (fine, then) = match table.of {
            Of::Passwords => {
                let roles = Role::ALL.map(Role::as_str);
                let then = match near(text, roles) {
                    Some(role) => format!("did you mean '{role}'?"),
                    None => format!("the roles are {}", roles.join(", ")),
                };
                (roles.contains(&text), then)
            }
            Of::Requests => (!text.trim().is_empty(), "write the name of a user of the broker".to_owned()),
            Of::Exports | Of::Schedules | Of::Connections | Of::Tenants | Of::Routes => {
                (is_name(text), "use 1 to 200 letters, digits, '.', '_' and '-'".to_owned())
            }
        };
        if !fine {
            self.mistake(name.span().start, format!("'{shown}' is not a name in [{}]", table.path), then);
        }
        fine
    }

    fn schedule(&mut self, name: &Name<'_>, value: &Spanned<DeValue<'_>>, path: &str) {
        let draft: Option<schedules::Draft> =
            self.keyed(name, value, path, &schedules::KEYS, &schedules::NEEDED);
        let Some(draft) = draft else { return };
        let spec = ScheduleName::new(name.get_ref().to_string()).ok().and_then(|name| draft.finish(name));
        if let Some(spec) = spec {
            self.reading.config.schedules.insert(spec.name.clone(), spec);
        }
    }

    fn connection(&mut self, name: &Name<'_>, value: &Spanned<DeValue<'_>>, path: &str) {
        let draft = self.keyed(name, value, path, &connections::KEYS, &connections::NEEDED);
        let finished = draft.map(connections::Draft::finish);
        if let Some(connection) = self.finished(name, value, path, finished) {
            self.reading.config.connections.insert(name.get_ref().to_string(), connection);
        }
    }

    fn tenant(&mut self, name: &Name<'_>, value: &Spanned<DeValue<'_>>, path: &str) {
        let draft = self.keyed(name, value, path, &tenants::KEYS, &tenants::NEEDED);
        let finished = draft.map(tenants::Draft::finish);
        if let Some(tenant) = self.finished(name, value, path, finished) {
            self.reading.config.tenants.insert(name.get_ref().to_string(), tenant);
        }
    }

    fn route(&mut self, name: &Name<'_>, value: &Spanned<DeValue<'_>>, path: &str) {
        let draft = self.keyed(name, value, path, &routes::KEYS, &routes::NEEDED);
        let finished = draft.map(|draft: routes::Draft| draft.finish(name.get_ref()));
        if let Some(route) = self.finished(name, value, path, finished) {
            self.reading.config.routes.insert(name.get_ref().to_string(), route);
        }
    }

    /// What a table became; a mistake when one of its keys is wrong.
    fn finished<T>(
        &mut self,
        name: &Name<'_>,
        value: &Spanned<DeValue<'_>>,
        path: &str,
        made: Option<Result<T, (&'static str, String)>>,
    ) -> Option<T> {
        match made? {
            Ok(made) => Some(made),
            Err((key, wrong)) => {
                let at = key_start(value, key).unwrap_or(name.span().start);
                self.mistake(
                    at,
                    format!("{path}.{key} {wrong}"),
                    "write it as the documents show".to_owned(),
                );
                None
            }
        }
    }

    /// Reads a table with keys of its own; nothing when something in it is wrong.
    fn keyed<D: Default>(
        &mut self,
        name: &Name<'_>,
        value: &Spanned<DeValue<'_>>,
        path: &str,
        keys: &[Key<D>],
        needed: &[&str],
    ) -> Option<D> {
        let DeValue::Table(entries) = value.get_ref() else {
            let what =
                format!("{path} must be a table, and this is of the kind '{}'", value.get_ref().type_str());
            let then = format!("write [{path}] above its keys");
            self.mistake(value.span().start, what, then);
            return None;
        };
        let before = self.reading.mistakes.len();
        let mut draft = D::default();
        for (field, value) in entries {
            let known = keys.iter().find(|key| *field.get_ref() == key.path);
            let Some(key) = known else {
                self.unknown(field, path, keys.iter().map(|key| key.path));
                continue;
            };
            let full = format!("{path}.{}", key.path);
            if let Some(read) = self.value(key.kind, &full, key.example, value) {
                let kept = (key.put)(&mut draft, read);
                self.note(&full, value.span().start, kept);
            }
        }
        for key in keys.iter().filter(|key| needed.contains(&key.path)) {
            if !entries.keys().any(|field| *field.get_ref() == key.path) {
                let then = format!("write for example {} = {}", key.path, key.kind.written(key.example));
                self.mistake(name.span().start, format!("{path} has no {}", key.path), then);
            }
        }
        (self.reading.mistakes.len() == before).then_some(draft)
    }
}

/// Where the value of a key stands in a table.
fn key_start(table: &Spanned<DeValue<'_>>, key: &str) -> Option<usize> {
    let DeValue::Table(entries) = table.get_ref() else { return None };
    entries.iter().find(|(field, _)| *field.get_ref() == key).map(|(_, value)| value.span().start)
}

/// Keeps what stands under a name; `false` when it is of another form.
fn keep(config: &mut Config, of: Of, name: &str, read: Read) -> bool {
    let name = name.to_owned();
    match (of, read) {
        (Of::Exports, Read::Path(path)) => {
            config.exports.insert(name, path);
        }
        (Of::Passwords, Read::Path(path)) => {
            config.broker.role_password_files.insert(name, path);
        }
        (Of::Requests, Read::Texts(texts)) => {
            let scopes = texts.iter().filter_map(|text| text.parse::<Scope>().ok()).collect();
            config.requests.allow.insert(name, scopes);
        }
        _ => return false,
    }
    true
}

/// What stands in a table: paths below it with their values as they are written.
pub(super) fn told(config: &Config, of: Of) -> Vec<(String, Option<String>)> {
    let paths = |paths: &BTreeMap<String, PathBuf>| {
        paths.iter().map(|(name, path)| (name.clone(), Some(Read::Path(path.clone()).toml()))).collect()
    };
    match of {
        Of::Exports => paths(&config.exports),
        Of::Passwords => paths(&config.broker.role_password_files),
        Of::Requests => {
            let texts =
                |scopes: &BTreeSet<Scope>| Read::Texts(scopes.iter().map(ToString::to_string).collect());
            let users = config.requests.allow.iter();
            users.map(|(user, scopes)| (user.clone(), Some(texts(scopes).toml()))).collect()
        }
        Of::Schedules => {
            let each = |spec: &ScheduleSpec| {
                keyed(spec.name.as_str(), &schedules::Draft::from(spec), &schedules::KEYS)
            };
            config.schedules.values().flat_map(each).collect()
        }
        Of::Connections => {
            let each = |(name, one): (&String, &ConnectionConfig)| {
                keyed(name, &connections::Draft::from(one), &connections::KEYS)
            };
            config.connections.iter().flat_map(each).collect()
        }
        Of::Tenants => {
            let each = |(name, one): (&String, &TenantConfig)| {
                keyed(name, &tenants::Draft::from(one), &tenants::KEYS)
            };
            config.tenants.iter().flat_map(each).collect()
        }
        Of::Routes => {
            let each =
                |(name, one): (&String, &RouteConfig)| keyed(name, &routes::Draft::from(one), &routes::KEYS);
            config.routes.iter().flat_map(each).collect()
        }
    }
}

fn keyed<D>(name: &str, draft: &D, keys: &[Key<D>]) -> Vec<(String, Option<String>)> {
    let told = |key: &Key<D>| (format!("{name}.{}", key.path), (key.get)(draft).map(|read| read.toml()));
    keys.iter().map(told).collect()
}
