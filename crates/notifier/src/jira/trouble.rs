//! What Jira's refusals mean, by what the sender can do; pure.

use std::time::Duration;

use serde::Deserialize;

use crate::render::line;
use crate::sender::{Trouble, told};

/// The longest name of a field, or reason, that is repeated, in characters.
const LONGEST: usize = 300;
/// What a ticket that finds no place is told.
pub(super) const NOWHERE: &str = "the project is not there, or the account may not see it";

/// A refusal in Jira's words, or in those of the gateway in front of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Refusal {
    error_messages: Vec<String>,
    errors: std::collections::BTreeMap<String, serde_json::Value>,
    message: String,
}

/// What an answer that is no success means.
pub(super) fn of_answer(status: u16, wait: Option<Duration>, body: &[u8]) -> Trouble {
    let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
    let said = said(status, &refusal);
    let takes = "read:jira-work and write:jira-work";
    if let Some(trouble) = Trouble::of_atlassian("Jira", takes, status, &refusal.message, wait, &said) {
        return trouble;
    }
    match status {
        403 => Trouble::Unusable(format!("the account of the connection may not do this in Jira: {said}")),
        409 => Trouble::Later(said, wait),
        _ if refusal.errors.contains_key("project") => Trouble::Unusable(format!("{NOWHERE}: {said}")),
        _ => Trouble::Refused { text: said, fields: fields(&refusal) },
    }
}

/// `Jira answered 400: Team is required.`
fn said(status: u16, refusal: &Refusal) -> String {
    let own = refusal.error_messages.iter().cloned();
    let fields = fields(refusal).into_iter().map(|(field, why)| format!("{field}: {why}"));
    let gateway = Some(refusal.message.clone()).filter(|text| !text.is_empty());
    told("Jira", status, &own.chain(fields).chain(gateway).collect::<Vec<_>>())
}

fn fields(refusal: &Refusal) -> Vec<(String, String)> {
    let text = |why: &serde_json::Value| why.as_str().map_or_else(|| why.to_string(), str::to_owned);
    refusal.errors.iter().map(|(field, why)| (line(field, LONGEST), line(&text(why), LONGEST))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Sent;

    const WAIT: Option<Duration> = Some(Duration::from_secs(7));

    /// What becomes of a ticket that was to be made, and of one that was to be changed.
    fn ends(status: u16, body: &str) -> (String, String) {
        let name = |sent: Option<Sent>| {
            let text = format!("{:?}", sent.unwrap());
            text.split(['(', ' ']).next().unwrap().to_owned()
        };
        let trouble = of_answer(status, WAIT, body.as_bytes());
        (name(trouble.clone().of_create(NOWHERE)), name(trouble.of_change("SEC-1", None)))
    }

    #[test]
    fn each_answer_has_its_end() {
        for (status, body, create, change) in [
            (400, r#"{"errorMessages":[],"errors":{"x":"X is required."}}"#, "Refused", "Refused"),
            (400, r#"{"errors":{"project":"valid project is required"}}"#, "Unusable", "Unusable"),
            (400, "no json", "Refused", "Refused"),
            (401, r#"{"code":401,"message":"Unauthorized"}"#, "Unusable", "Unusable"),
            (401, r#"{"message":"Unauthorized; scope does not match"}"#, "Unusable", "Unusable"),
            (403, "{}", "Unusable", "Unusable"),
            (404, "{}", "Unusable", "Refused"),
            (408, "", "Lost", "Later"),
            (409, "", "Later", "Later"),
            (413, "", "Refused", "Refused"),
            (422, "", "Refused", "Refused"),
            (429, "", "Later", "Later"),
            (500, "", "Lost", "Later"),
            (503, "upstream connect error", "Lost", "Later"),
            (504, "", "Lost", "Later"),
        ] {
            assert_eq!(ends(status, body), (create.to_owned(), change.to_owned()), "{status} {body}");
        }
    }

    #[test]
    fn the_wait_is_the_one_that_was_asked_for_and_texts_are_bounded() {
        let later = of_answer(429, WAIT, b"").of_create(NOWHERE);
        assert!(matches!(later, Some(Sent::Later(WAIT, _))), "{later:?}");
        let long = format!(r#"{{"errorMessages":["\u001b{}[2J"]}}"#, "x".repeat(5_000));
        let text = of_answer(400, None, long.as_bytes()).to_string();
        assert!(text.chars().count() < 350 && !text.contains('\u{1b}'), "{text}");
        let missing = of_answer(401, None, br#"{"message":"Unauthorized; scope does not match"}"#);
        assert!(missing.to_string().contains("write:jira-work"), "{missing}");
    }
}
