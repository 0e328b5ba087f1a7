//! What a route has a person approve first.

use std::collections::BTreeSet;

use checkmate_notifier::policy::Approve;

/// What can be asked.
const WORDS: [&str; 3] = ["first-use", "many-closing", "many-new"];
/// Tickets that one scan closes without a question when nothing else is set.
const MOST_CLOSING: u32 = 10;
/// Days that a person has when nothing else is set.
const DAYS: u32 = 7;

/// The keys about it, as they are read.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) approve: Option<BTreeSet<String>>,
    pub(super) most_closing: Option<u32>,
    pub(super) approval_days: Option<u32>,
}

impl Asked {
    /// What waits for a person; otherwise which key is wrong, and how.
    pub(super) fn finish(self, to: Option<&str>) -> Result<Approve, (&'static str, String)> {
        let Self { approve, most_closing, approval_days } = self;
        let words = approve.unwrap_or_default();
        if let Some(bad) = words.iter().find(|word| !WORDS.contains(&word.as_str())) {
            let (bad, all) = (super::texts::shown(bad), WORDS.join(", "));
            return Err(("approve", format!("has '{bad}', which nobody can be asked; there is {all}")));
        }
        let asks = |word: &str| words.contains(word);
        let (any, closing) = (!words.is_empty(), asks("many-closing"));
        if any && to != Some("jira") {
            let why = "has a person approve tickets, and the route does not go to jira: what tells of a scan does not wait";
            return Err(("approve", why.to_owned()));
        }
        if most_closing.is_some() && !closing {
            return Err(("most_closing", "is set, and approve does not name \"many-closing\"".to_owned()));
        }
        if approval_days.is_some() && !any {
            return Err(("approval_days", "is set, and approve names nothing that is asked".to_owned()));
        }
        let most = usize::try_from(most_closing.unwrap_or(MOST_CLOSING)).unwrap_or(usize::MAX);
        Ok(Approve {
            first_use: asks("first-use"),
            many_new: asks("many-new"),
            most_closing: closing.then_some(most),
            days: if any { u16::try_from(approval_days.unwrap_or(DAYS)).unwrap_or(u16::MAX) } else { 0 },
        })
    }
}

impl From<&Approve> for Asked {
    fn from(asked: &Approve) -> Self {
        let words = WORDS.into_iter().zip([asked.first_use, asked.most_closing.is_some(), asked.many_new]);
        let words: BTreeSet<String> =
            words.filter(|(_, is_asked)| *is_asked).map(|(word, _)| word.to_owned()).collect();
        let any = !words.is_empty();
        Self {
            approve: any.then_some(words),
            most_closing: asked.most_closing.and_then(|most| u32::try_from(most).ok()),
            approval_days: any.then_some(u32::from(asked.days)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str], most_closing: Option<u32>, approval_days: Option<u32>) -> Asked {
        let approve = Some(words.iter().map(|word| (*word).to_owned()).collect());
        Asked { approve, most_closing, approval_days }
    }

    #[test]
    fn nothing_waits_unless_it_is_asked_for() {
        assert_eq!(Asked::default().finish(Some("teams")), Ok(Approve::default()));
        let all = asked(&["first-use", "many-new", "many-closing"], None, None).finish(Some("jira"));
        let expected = Approve { first_use: true, many_new: true, most_closing: Some(10), days: 7 };
        assert_eq!(all, Ok(expected));
        assert_eq!(Asked::from(&expected).finish(Some("jira")), Ok(expected));
        assert_eq!(Asked::from(&Approve::default()).finish(None), Ok(Approve::default()));
    }

    #[test]
    fn what_can_never_be_asked_is_refused() {
        let wrong = |asked: Asked, to| asked.finish(Some(to)).unwrap_err();
        for (asked, to, key, word) in [
            (asked(&["first_use"], None, None), "jira", "approve", "first-use, many-closing, many-new"),
            (asked(&["first-use"], None, None), "teams", "approve", "does not go to jira"),
            (asked(&["first-use"], Some(3), None), "jira", "most_closing", "many-closing"),
            (asked(&[], None, Some(3)), "jira", "approval_days", "nothing"),
        ] {
            let (of, why) = wrong(asked, to);
            assert!(of == key && why.contains(word), "{of} {why}");
        }
    }
}
