//! "Won't do" on a ticket: where policy says so its findings are accepted, up to a severity and for a time.

use checkmate_domain::{Decision, NoteKind, Said, Timestamp, Waiver, WaiverKind};
use checkmate_store::{Store, StoreError};

use crate::policy::{News, WontDo};

/// Times a decision is written anew because somebody else was faster.
const TRIES: usize = 10;

/// What a person said by ending a ticket.
pub(super) struct Ended<'a> {
    /// The ticket.
    pub(super) key: &'a str,
    /// As what it was ended.
    pub(super) called: &'a str,
    /// When.
    pub(super) at: Timestamp,
}

/// Accepts what may be accepted; how many findings that were. What was taken back since the ticket was ended stays open.
pub(super) async fn accept(
    store: &dyn Store,
    policy: WontDo,
    ended: &Ended<'_>,
    open: &[&News],
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut accepted = 0;
    for news in open.iter().filter(|news| news.record.finding.severity <= policy.cap) {
        for _ in 0..TRIES {
            let known = store.decision(&news.record.finding.fingerprint).await?;
            let known = known.unwrap_or_else(|| Decision::none(news.record.finding.fingerprint.clone()));
            let Some(decision) = decided(known, policy, ended, news, now) else { break };
            if store.put_decision(decision).await?.is_some() {
                accepted += 1;
                break;
            }
        }
    }
    Ok(accepted)
}

/// The decision with a waiver; nothing where the same end of the ticket was heard before, or no more is kept of the finding.
fn decided(
    known: Decision,
    policy: WontDo,
    ended: &Ended<'_>,
    news: &News,
    now: Timestamp,
) -> Option<Decision> {
    let by = format!("ticket {}", ended.key);
    let heard = known.notes.iter().any(|note| {
        note.by == by && note.kind == NoteKind::Accepted && note.text.contains(&ended.at.to_string())
    });
    if heard {
        return None;
    }
    let waiver = Waiver {
        kind: WaiverKind::Accepted,
        reason: format!("{} was moved to {} at {}", ended.key, ended.called, ended.at),
        owner: by.clone(),
        until: now.plus(std::time::Duration::from_secs(u64::from(policy.days) * 86_400)),
        cap: news.record.finding.severity,
    };
    known.accept(waiver, &Said { by, at: now }).ok()
}

#[cfg(test)]
mod tests {
    use checkmate_domain::Severity;

    use super::*;
    use crate::render::tests::news;

    #[test]
    fn one_end_of_a_ticket_is_one_decision() {
        let policy = WontDo { cap: Severity::High, days: 30 };
        let at = Timestamp::from_millis;
        let ended = |millis| Ended { key: "SEC-1", called: "Won't Do", at: at(millis) };
        let news = news("a.b", "c", "x", None);
        let none = Decision::none(news.record.finding.fingerprint.clone());
        let first = decided(none, policy, &ended(5), &news, at(10)).unwrap();
        let waiver = first.waiver.clone().unwrap();
        assert_eq!((waiver.until, waiver.cap), (at(10 + 30 * 86_400_000), news.record.finding.severity));
        assert!(waiver.reason.contains("SEC-1 was moved to Won't Do"), "{waiver:?}");
        let back = first.reopen("no", &Said { by: "ann".to_owned(), at: at(20) }).unwrap();
        assert_eq!(decided(back.clone(), policy, &ended(5), &news, at(30)), None, "it was taken back");
        assert!(decided(back, policy, &ended(25), &news, at(30)).is_some(), "it was ended once more");
    }
}
