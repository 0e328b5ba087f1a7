//! What Confluence's refusals mean; pure.

use std::time::Duration;

use serde::Deserialize;

use crate::sender::{Trouble, told};

/// What a page that finds no place is told.
pub(super) const NOWHERE: &str =
    "the space or the page above it is not there, or the account of the connection may not see it";

/// A refusal in the words of version 2, of version 1, or of the gateway in front of both.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refusal {
    errors: Vec<Words>,
    message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Words {
    title: Option<String>,
    detail: Option<String>,
}

/// What an answer that is no success means.
pub(super) fn of_answer(status: u16, wait: Option<Duration>, body: &[u8]) -> Trouble {
    let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
    let words = refusal.errors.into_iter().flat_map(|words| [words.title, words.detail]).flatten();
    let gateway = Some(refusal.message.clone());
    let words: Vec<String> = words.chain(gateway).filter(|text| !text.is_empty()).collect();
    let said = told("Confluence", status, &words);
    let takes = super::SCOPES.join(", ");
    if let Some(trouble) = Trouble::of_atlassian("Confluence", &takes, status, &refusal.message, wait, &said)
    {
        return trouble;
    }
    match status {
        403 => Trouble::Unusable(format!(
            "the account of the connection may not write pages in the space: {said}"
        )),
        409 => Trouble::Conflict(said),
        _ => Trouble::refused(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Sent;

    fn name(sent: Option<Sent>) -> String {
        format!("{:?}", sent.unwrap()).split(['(', ' ']).next().unwrap().to_owned()
    }

    #[test]
    fn each_answer_has_its_end() {
        for (status, body, create, change) in [
            (400, r#"{"errors":[{"title":"no"}]}"#, "Refused", "Refused"),
            (400, "no json", "Refused", "Refused"),
            (401, r#"{"code":401,"message":"Unauthorized"}"#, "Unusable", "Unusable"),
            (401, r#"{"message":"Unauthorized; scope does not match"}"#, "Unusable", "Unusable"),
            (403, "{}", "Unusable", "Unusable"),
            (404, "{}", "Unusable", "Refused"),
            (408, "", "Lost", "Later"),
            (409, "", "Later", "Later"),
            (413, "", "Refused", "Refused"),
            (429, "", "Later", "Later"),
            (500, "", "Lost", "Later"),
            (503, "upstream connect error", "Lost", "Later"),
        ] {
            let trouble = of_answer(status, None, body.as_bytes());
            let ends = (name(trouble.clone().of_create(NOWHERE)), name(trouble.of_change("page 1", None)));
            assert_eq!(ends, (create.to_owned(), change.to_owned()), "{status} {body}");
        }
    }

    #[test]
    fn both_ways_of_saying_no_are_told() {
        let second =
            br#"{"errors":[{"status":400,"code":"X","title":"A page with this title","detail":null}]}"#;
        let first = br#"{"statusCode":400,"data":{"errors":[]},"message":"The file has no name"}"#;
        assert!(of_answer(400, None, second).to_string().contains("A page with this title"));
        assert!(of_answer(400, None, first).to_string().contains("The file has no name"));
    }
}
