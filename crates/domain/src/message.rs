//! The job message: what travels on a work queue. It carries references and limits, never a credential and never results.

use serde::{Deserialize, Serialize};

use crate::id::{JobId, ScanId};
use crate::job::{JobKind, Lane};
use crate::time::Timestamp;

/// The newest schema this build reads and the one it writes.
pub const SCHEMA: u32 = 1;

/// The largest message body that is looked at, in bytes. Ours are below 1 KiB.
pub const MAX_BODY: usize = 64 * 1024;

/// One job on its way to a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobMessage {
    /// Version of this form.
    pub schema: u32,
    /// Which job.
    pub job: JobId,
    /// Of which scan.
    pub scan: ScanId,
    /// What it does.
    pub kind: JobKind,
    /// Where it waits.
    pub lane: Lane,
    /// For one attempt, in milliseconds.
    pub time_limit_ms: u64,
    /// After this it ends as not assessed.
    pub expires_at: Timestamp,
}

/// Why a message was not taken, by what to do with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Beyond the bound; not parsed at all.
    #[error("message of {0} bytes is larger than {MAX_BODY}; not read")]
    TooLarge(usize),
    /// Not our form. The text is from the parser and holds no content of the message.
    #[error("message is not a job: {0}")]
    Malformed(String),
    /// Written by a newer release: to be given back until a newer worker takes it.
    #[error(
        "message has schema {schema}, this release reads up to {SCHEMA}: finish the upgrade of the workers"
    )]
    NewerSchema {
        /// Its schema.
        schema: u32,
        /// When it need not be kept any more.
        expires_at: Option<Timestamp>,
    },
}

/// What every schema keeps: its number, and how long it may wait for a reader.
#[derive(Deserialize)]
struct Envelope {
    schema: u32,
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

impl JobMessage {
    /// The bytes that go on the queue.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads bytes that may come from anybody.
    ///
    /// # Errors
    /// By what to do: too large and malformed are dead-lettered, a newer schema is given back.
    pub fn from_bytes(body: &[u8]) -> Result<Self, MessageError> {
        if body.len() > MAX_BODY {
            return Err(MessageError::TooLarge(body.len()));
        }
        // Known to be text as a whole, its strings are not looked at one by one.
        let text = std::str::from_utf8(body)
            .map_err(|_| MessageError::Malformed("not JSON, for it is no text".to_owned()))?;
        let malformed = |error: serde_json::Error| MessageError::Malformed(position(&error));
        match serde_json::from_str::<Self>(text) {
            Ok(job) if job.schema <= SCHEMA => Ok(job),
            // Looked at only now: nearly every message is of a form we know.
            read => {
                let Envelope { schema, expires_at } = serde_json::from_str(text).map_err(malformed)?;
                if schema > SCHEMA {
                    return Err(MessageError::NewerSchema { schema, expires_at });
                }
                read.map_err(malformed)
            }
        }
    }
}

/// What kind of mistake and where, without repeating what was sent.
fn position(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Io => "unreadable",
        serde_json::error::Category::Syntax => "not JSON",
        serde_json::error::Category::Data => "not the expected fields",
        serde_json::error::Category::Eof => "cut off",
    };
    format!("{what} at line {} column {}", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message() -> JobMessage {
        JobMessage {
            schema: SCHEMA,
            job: JobId::new("j").expect("id"),
            scan: ScanId::new("s").expect("id"),
            kind: JobKind::Scan,
            lane: Lane::Bulk,
            time_limit_ms: 900_000,
            expires_at: Timestamp::from_millis(1),
        }
    }

    #[test]
    fn round_trip() {
        assert_eq!(JobMessage::from_bytes(&message().to_bytes()), Ok(message()));
    }

    #[test]
    fn a_newer_schema_is_known_as_such_whatever_else_it_holds() {
        let body = br#"{"schema":2,"job":{"new":"form"},"expires_at":7}"#;
        let expires_at = Some(Timestamp::from_millis(7));
        assert_eq!(JobMessage::from_bytes(body), Err(MessageError::NewerSchema { schema: 2, expires_at }));
    }

    #[test]
    fn refusals_do_not_repeat_the_content() {
        let mut body = message().to_bytes();
        body.truncate(body.len() - 2);
        let text = JobMessage::from_bytes(&body).expect_err("cut").to_string();
        assert!(text.contains("cut off"), "{text}");
        let secret = JobMessage::from_bytes(br#"{"schema":1,"hunter2":1}"#).expect_err("unknown field");
        assert!(!secret.to_string().contains("hunter2"));
        assert_eq!(
            JobMessage::from_bytes(&vec![b' '; MAX_BODY + 1]),
            Err(MessageError::TooLarge(MAX_BODY + 1))
        );
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = JobMessage::from_bytes(&bytes);
        }
    }
}
