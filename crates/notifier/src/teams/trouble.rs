//! What refusals of Graph and of a workflow mean; pure.

use std::time::Duration;

use serde::Deserialize;

use crate::sender::{Trouble, told};

/// What a message that finds no place is told.
pub(super) const NO_CHANNEL: &str =
    "the team or the channel is not there, or the account of the connection is no member of it";
/// What a card that finds no workflow is told.
pub(super) const NO_WORKFLOW: &str =
    "the workflow is not there or is turned off: put the address of a workflow that is on into the file";

/// A refusal as both write it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: Words,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Words {
    code: String,
    message: String,
}

/// What an answer of Graph's that is no success means.
pub(super) fn of_graph(status: u16, wait: Option<Duration>, body: &[u8]) -> Trouble {
    let said = said("Microsoft Graph", status, body);
    match status {
        401 => Trouble::Stale("Microsoft Graph"),
        403 => Trouble::Unusable(format!(
            "the account of the connection may not do this in the channel; to post takes ChannelMessage.Send, to look ChannelMessage.Read.All ({said})"
        )),
        404 | 410 => Trouble::Gone(said),
        _ => of_any(status, wait, said),
    }
}

/// What an answer of a workflow's that is no success means.
pub(super) fn of_workflow(status: u16, wait: Option<Duration>, body: &str) -> Trouble {
    let said = said("the workflow", status, body.as_bytes());
    match status {
        401 | 403 => Trouble::Unusable(format!(
            "the workflow does not take its address: copy the address anew into the file ({said})"
        )),
        404 | 410 => Trouble::Gone(said),
        _ => of_any(status, wait, said),
    }
}

fn of_any(status: u16, wait: Option<Duration>, said: String) -> Trouble {
    match status {
        // It may have been handed on before somebody in between gave up.
        408 | 500.. => Trouble::Unclear(said),
        409 | 423 | 425 | 429 => Trouble::Later(said, wait),
        _ => Trouble::refused(said),
    }
}

fn said(who: &str, status: u16, body: &[u8]) -> String {
    let Words { code, message } = serde_json::from_slice::<Refusal>(body).unwrap_or_default().error;
    let words: Vec<String> = [code, message].into_iter().filter(|text| !text.is_empty()).collect();
    told(who, status, &words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Sent;

    fn end(sent: Option<Sent>) -> String {
        format!("{:?}", sent.unwrap()).split(['(', ' ']).next().unwrap().to_owned()
    }

    #[test]
    fn each_answer_has_its_end() {
        for (status, graph, workflow) in [
            (400, "Refused", "Refused"),
            (401, "Unusable", "Unusable"),
            (403, "Unusable", "Unusable"),
            (404, "Unusable", "Unusable"),
            (405, "Refused", "Refused"),
            (408, "Lost", "Lost"),
            (409, "Later", "Later"),
            (413, "Refused", "Refused"),
            (429, "Later", "Later"),
            (500, "Lost", "Lost"),
            (503, "Lost", "Lost"),
            (504, "Lost", "Lost"),
        ] {
            let ends = (
                end(of_graph(status, None, b"{}").of_create(NO_CHANNEL)),
                end(of_workflow(status, None, "no json").of_create(NO_WORKFLOW)),
            );
            assert_eq!(ends, (graph.to_owned(), workflow.to_owned()), "{status}");
        }
    }

    #[test]
    fn the_vendors_words_are_told() {
        let body = br#"{"error":{"code":"RequestEntityTooLarge","message":"Too large.","innerError":{}}}"#;
        let text = of_graph(413, None, body).to_string();
        assert_eq!(text, "Microsoft Graph answered 413: RequestEntityTooLarge; Too large.");
    }
}
