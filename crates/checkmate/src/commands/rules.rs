//! `rules`: what is asked of a tenant.

use std::fmt::Write;

use checkmate_scanners::auth0::{RuleDoc, catalogue};

use crate::EXIT_DONE;
use crate::cli::{Format, Rules};
use crate::commands::Out;
use crate::config::ConfigError;
use crate::view::{self, Paint, wrap};

pub(crate) async fn rules(command: &Rules, out: &mut Out) -> anyhow::Result<u8> {
    let docs = catalogue()?;
    let text = match command {
        Rules::List { format } => match format.format {
            Format::Json => view::json(&docs)?,
            Format::Text => list(&docs),
        },
        Rules::Show { rule, format } => {
            let doc = find(&docs, rule)?;
            match format.format {
                Format::Json => view::json(doc)?,
                Format::Text => show(doc, Paint(out.color)),
            }
        }
    };
    out.text(&text).await?;
    Ok(EXIT_DONE)
}

fn list(docs: &[RuleDoc]) -> String {
    let mut text = String::new();
    for doc in docs {
        let rule = &doc.rule;
        let _ = writeln!(text, "{:<9}{:<52}{}", rule.severity.to_string(), rule.id.as_str(), rule.title);
    }
    let _ = writeln!(text, "{} rules", docs.len());
    text
}

fn find<'a>(docs: &'a [RuleDoc], word: &str) -> anyhow::Result<&'a RuleDoc> {
    let named = |doc: &&RuleDoc| {
        let id = doc.rule.id.as_str();
        id == word
            || id.ends_with(&format!(".{word}"))
            || doc.rule.equivalents.iter().any(|name| name.ends_with(&format!("/{word}")))
    };
    docs.iter().find(named).ok_or_else(|| {
        ConfigError::Asked(format!("no rule is called {word}: 'checkmate rules list' shows them")).into()
    })
}

fn show(doc: &RuleDoc, paint: Paint) -> String {
    let rule = &doc.rule;
    let mut text = format!("{}\n{} ({})\n\n", paint.bold(&rule.title), rule.id, rule.severity);
    let _ = writeln!(text, "{}\n", wrap(&rule.rationale, 0, 100));
    let _ = writeln!(text, "looks at   {}", doc.looks_at);
    let _ = writeln!(text, "fix        {}", wrap(&rule.remediation.summary, 11, 89));
    for step in rule.remediation.steps.iter().chain(&doc.changed_by) {
        let _ = writeln!(text, "           - {}", wrap(step, 13, 87));
    }
    for reference in &rule.references {
        let _ = writeln!(text, "read       {}", reference.url);
    }
    for mapping in &doc.mappings {
        let _ = writeln!(text, "maps to    {mapping}");
    }
    if !rule.equivalents.is_empty() {
        let _ = writeln!(text, "same as    {}", rule.equivalents.join(", "));
    }
    text
}
