//! What a receiver's refusals mean; pure.

use std::time::Duration;

use crate::sender::{Trouble, told};

/// What an event that finds no receiver is told.
pub(super) const NO_RECEIVER: &str = "nobody takes events at the address of the route: set it right";

/// What an answer that is no success means. Who answers is unknown, so its words are told as they are.
pub(super) fn of_answer(status: u16, wait: Option<Duration>, body: &str) -> Trouble {
    let said = told("the receiver", status, &[body.to_owned()]);
    match status {
        401 | 403 => Trouble::Unusable(format!(
            "the receiver does not take the signature: give it the key of the route ({said})"
        )),
        404 | 410 => Trouble::Gone(said),
        408 | 500.. => Trouble::Unclear(said),
        409 | 423 | 425 | 429 => Trouble::Later(said, wait),
        _ => Trouble::refused(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_its_end() {
        for (status, end) in [
            (400, "Refused"),
            (401, "Unusable"),
            (403, "Unusable"),
            (404, "Unusable"),
            (410, "Unusable"),
            (413, "Refused"),
            (429, "Later"),
            (500, "Lost"),
            (503, "Lost"),
        ] {
            let sent = format!("{:?}", of_answer(status, None, "").of_create(NO_RECEIVER).unwrap());
            assert!(sent.starts_with(end), "{status}: {sent}");
        }
    }
}
