//! What a schedule does when its ticks and its scans do not fit: the words of the configuration.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident ($what:literal) { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every value, in the order of the documents.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The lower-case word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(self.as_str()) }
        }

        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                let words: Vec<&str> = Self::ALL.iter().map(|value| value.as_str()).collect();
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| {
                    let shown: String = text.chars().take(40).collect();
                    format!("'{shown}' is not {}: use {}", $what, words.join(", "))
                })
            }
        }
    )+};
}

words! {
    /// What a tick does while the scan of an earlier tick of the same schedule is still running.
    Overlap("an overlap policy") {
        /// It makes no scan, and that is noted.
        Skip = "skip",
        /// It waits until that scan is over; of several that wait the latest stays, the others are noted as skipped.
        Queue = "queue",
        /// It makes its scan beside the other.
        Allow = "allow",
    }
    /// What happens to ticks that nobody could fire at their time: no scheduler ran, the schedule was paused, or is new.
    Missed("a policy for missed ticks") {
        /// None of them makes a scan; they are noted.
        Skip = "skip",
        /// The latest of them makes a scan; the others are noted.
        Latest = "latest",
        /// Each of them makes a scan, oldest first.
        All = "all",
    }
}
