//! What the broker's errors mean, in words.

use lapin::{Error, ErrorKind};

/// The reply code of a protocol error.
pub(super) fn code(error: &Error) -> Option<u16> {
    match error.kind() {
        ErrorKind::ProtocolError(error) => Some(error.get_id()),
        _ => None,
    }
}

/// The broker's own words.
pub(super) fn text(error: &Error) -> String {
    match error.kind() {
        ErrorKind::ProtocolError(error) => error.get_message().as_str().to_owned(),
        ErrorKind::MissingHeartbeatError => {
            "the broker was silent for two heartbeats: the network or its host is gone".to_owned()
        }
        ErrorKind::IOError(error) => format!("connection lost: {error}"),
        ErrorKind::InvalidChannelState(..)
        | ErrorKind::InvalidConnectionState(_)
        | ErrorKind::InvalidChannel(_) => "the connection is closed".to_owned(),
        _ => error.to_string(),
    }
}

pub(super) const ACCESS_REFUSED: u16 = 403;
pub(super) const NOT_FOUND: u16 = 404;
pub(super) const PRECONDITION_FAILED: u16 = 406;
pub(super) const NOT_ALLOWED: u16 = 530;

/// Why a consumer ended, when the broker closed its channel.
pub(super) fn consumer_end(queue: &str, error: &Error) -> String {
    let said = text(error);
    if code(error) == Some(PRECONDITION_FAILED) && said.contains("timed out") {
        return format!(
            "{queue}: a message was held longer than the broker's consumer time-out, so the broker took it back and \
             closed the channel ({said}). Lower the jobs' time_limit or raise consumer_timeout in rabbitmq.conf (from \
             RabbitMQ 3.12 on: the key consumer-timeout of the policy), and state the same value in the configuration"
        );
    }
    if said.is_empty() { format!("{queue}: the channel was closed") } else { format!("{queue}: {said}") }
}

/// Why a consumer ended that the broker cancelled.
pub(super) fn consumer_cancelled(queue: &str) -> String {
    format!("{queue}: the broker cancelled the consumer: the queue was deleted or lost its leader")
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapin::protocol::{AMQPError, AMQPErrorKind, AMQPSoftError};

    fn soft(kind: AMQPSoftError, text: &str) -> Error {
        ErrorKind::ProtocolError(AMQPError::new(AMQPErrorKind::Soft(kind), text.into())).into()
    }

    #[test]
    fn a_consumer_time_out_names_the_setting() {
        let error = soft(
            AMQPSoftError::PRECONDITIONFAILED,
            "PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout value used: 1000 ms.",
        );
        let said = consumer_end("checkmate.scan.bulk", &error);
        for part in ["checkmate.scan.bulk", "consumer_timeout", "time_limit", "1000 ms"] {
            assert!(said.contains(part), "{said}");
        }
        let other =
            consumer_end("q", &soft(AMQPSoftError::PRECONDITIONFAILED, "PRECONDITION_FAILED - unknown tag"));
        assert!(!other.contains("consumer_timeout"), "{other}");
    }
}
