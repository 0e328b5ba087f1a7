//! The documents: a file to begin with, and the page about every key.

use std::fmt::Write;

use super::connections;
use super::key::Key;
use super::kind::Kind;
use super::routes;
use super::schedules;
use super::sections::{SECTIONS, Section};
use super::span::Span;
use super::tables::{Of, TABLES, Table};
use super::tenants;

const TEMPLATE_HEAD: &str = "\
# The configuration of CheckMate. Every key may be left out: take the '#' away in front of one to set it. What stands
# behind it is its default, or an example where there is none. Paths are meant from where this file is.
#
# 'checkmate config check' says what is wrong with it, 'checkmate config show' what holds and where it came from.
# The variable under each key sets it too, and wins over the file.
";

const PAGE_HEAD: &str = "\
# Configuration

One TOML file: the one that `--config` or `CHECKMATE_CONFIG` names, else `checkmate.toml` in the working folder, else none,
which is fine on one machine. Paths in it are meant from where it is.

| command | what it does |
|---|---|
| `checkmate config init` | writes a file with every key in it, commented out |
| `checkmate config check` | says everything that is wrong at once, with line and column; exit code 2 |
| `checkmate config show` | every key, its value, and where that came from |
| `checkmate config schema` | the JSON schema, for completion and marks in an editor; also in [configuration.schema.json](configuration.schema.json) |

Every key of a table with fixed names can be set by an environment variable, which wins over the file: the table and the key
in capitals behind `CHECKMATE_` (and `CHECKMATE_HOME` for `data_dir`). Lists are separated by commas there, and paths are
meant from the working folder. Tables whose names are free (`exports`, `schedules`, `requests.allow`,
`broker.role_password_files`) are set in the file only. An empty variable counts as not set. A variable that begins with
`CHECKMATE_` and that nobody knows is an error, as an unknown key is.

A secret stands in a file of its own, which only its owner and group may read. The configuration names that file; neither
the configuration nor the environment takes the secret itself.

A length of time is a number with its unit: `500ms`, `30s`, `15m`, `24h`, `90d`.
";

/// The file that `config init` writes: every key with its meaning, commented out.
#[must_use]
pub fn template() -> String {
    let mut text = TEMPLATE_HEAD.to_owned();
    for section in &SECTIONS {
        let _ = writeln!(text, "\n# {}", section.about);
        if !section.path.is_empty() {
            let _ = writeln!(text, "[{}]", section.path);
        }
        for key in section.keys {
            template_key(&mut text, key, Some(key.env()));
        }
        TABLES
            .iter()
            .filter(|table| is_in(table, section))
            .for_each(|table| template_table(&mut text, table));
    }
    TABLES
        .iter()
        .filter(|table| !table.path.contains('.'))
        .for_each(|table| template_table(&mut text, table));
    text
}

fn template_key<T: Default>(text: &mut String, key: &Key<T>, env: Option<String>) {
    let _ = writeln!(text, "# {}", key.meaning);
    if let Some(env) = env {
        let _ = writeln!(text, "# {env}");
    }
    let value = key.default().unwrap_or_else(|| key.kind.written(key.example));
    let _ = writeln!(text, "#{} = {value}", key.name());
}

fn template_table(text: &mut String, table: &Table) {
    let _ = writeln!(text, "\n# {}", table.about);
    match table.of {
        Of::Schedules => template_keys(text, table, &schedules::KEYS),
        Of::Connections => template_keys(text, table, &connections::KEYS),
        Of::Tenants => template_keys(text, table, &tenants::KEYS),
        Of::Routes => template_keys(text, table, &routes::KEYS),
        Of::Exports | Of::Passwords | Of::Requests => {
            let _ =
                writeln!(text, "[{}]\n#{} = {}", table.path, table.name, table.kind.written(table.example));
        }
    }
}

fn template_keys<D: Default>(text: &mut String, table: &Table, keys: &[Key<D>]) {
    let _ = writeln!(text, "#[{}.{}]", table.path, table.name);
    keys.iter().for_each(|key| template_key(text, key, None));
}

fn is_in(table: &Table, section: &Section) -> bool {
    table.path.rsplit_once('.').is_some_and(|(parent, _)| parent == section.path)
}

/// The page about every key, as `docs/configuration.md` holds it.
#[must_use]
pub fn document() -> String {
    let mut text = PAGE_HEAD.to_owned();
    for section in &SECTIONS {
        let title = if section.path.is_empty() { "Before the first table" } else { section.path };
        let _ = writeln!(text, "\n## {title}\n\n{}\n", section.about);
        text.push_str("| key | what it is | default | variable | meaning |\n|---|---|---|---|---|\n");
        section.keys.iter().for_each(|key| row(&mut text, key, Some(key.env())));
        TABLES.iter().filter(|table| is_in(table, section)).for_each(|table| free(&mut text, table, "###"));
    }
    TABLES.iter().filter(|table| !table.path.contains('.')).for_each(|table| free(&mut text, table, "##"));
    text
}

fn row<T: Default>(text: &mut String, key: &Key<T>, env: Option<String>) {
    let code = |text: String| format!("`{text}`");
    let example = || format!("not set; for example {}", code(key.kind.written(key.example)));
    let cells = [
        code(key.name().to_owned()),
        may_be(&key.kind),
        key.default().map_or_else(example, code),
        env.map_or_else(|| "–".to_owned(), code),
        key.meaning.to_owned(),
    ];
    let cells = cells.map(|cell| cell.replace('|', "\\|"));
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

fn free(text: &mut String, table: &Table, mark: &str) {
    let _ = writeln!(text, "\n{mark} {}\n\n{}\n", table.path, table.about);
    match table.of {
        Of::Schedules => {
            let told = "`cron` and `scope` must be there. What can be written for `cron` stands in [cron.md](cron.md).";
            return free_keys(text, table, &schedules::KEYS, told);
        }
        Of::Connections => {
            return free_keys(text, table, &connections::KEYS, "`provider` and `user` must be there.");
        }
        Of::Tenants => {
            let told =
                "`domain`, `client_id` and one of `client_key_file` and `client_secret_file` must be there.";
            return free_keys(text, table, &tenants::KEYS, told);
        }
        Of::Routes => {
            let told = "`to` must be there, and `project` for Jira. What each channel needs so that it sends stands in [deliveries.md](deliveries.md).";
            return free_keys(text, table, &routes::KEYS, told);
        }
        Of::Exports | Of::Passwords | Of::Requests => {}
    }
    let example = table.kind.written(table.example);
    let _ = writeln!(text, "```toml\n[{}]\n{} = {example}\n```", table.path, table.name);
}

fn free_keys<D: Default>(text: &mut String, table: &Table, keys: &[Key<D>], told: &str) {
    let _ = writeln!(text, "```toml\n[{}.{}]", table.path, table.name);
    for key in keys {
        let _ = writeln!(text, "{} = {}", key.name(), key.kind.written(key.example));
    }
    let _ = writeln!(text, "```\n\n{told}\n");
    text.push_str("| key | what it is | default | variable | meaning |\n|---|---|---|---|---|\n");
    keys.iter().for_each(|key| row(text, key, None));
}

/// What may stand in a key, with its bounds.
fn may_be(kind: &Kind) -> String {
    match kind {
        Kind::Count { least: 0, .. } => kind.noun().to_owned(),
        Kind::Count { least, .. } => format!("{}, at least {least}", kind.noun()),
        Kind::Span { least } if !least.is_zero() => format!("{}, at least {}", kind.noun(), Span(*least)),
        Kind::Url { write, .. } => format!("{}: {write}", kind.noun()),
        Kind::Api => format!("{}: https://…, or http://… on this machine", kind.noun()),
        Kind::Word(words) => words.join(" or "),
        _ => kind.noun().to_owned(),
    }
}
