//! Messages in Microsoft Teams, at most once each.
//!
//! Teams has no key against a second message. So the row says `sending` before the message leaves, and where no answer
//! comes nobody sends it again: where the channel may be read it is looked for, and where it is not seen it is `unconfirmed`,
//! which is shown. What was posted stays as it was posted.
//!
//! [`channel`] posts as a user, by way of Graph; [`workflow`] hands a card to an address that posts it. `card` and `trouble`
//! are pure.

mod card;
pub mod channel;
mod trouble;
pub mod workflow;

pub use card::Card;

use std::time::Duration;

use crate::ledger::Times;

/// Times that fit Teams: a call takes less than a minute, and a message is seen when it is posted.
#[must_use]
pub fn times() -> Times {
    Times {
        hold: Duration::from_mins(2),
        looks: [5, 20, 60].map(Duration::from_secs).to_vec(),
        again: Duration::from_secs(2),
        again_at_most: Duration::from_mins(5),
    }
}
