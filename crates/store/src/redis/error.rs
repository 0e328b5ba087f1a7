//! What Redis and the network say, as what the caller can do.

use deadpool_redis::redis::{ErrorKind, RedisError};

use crate::error::StoreError;

/// Sorts an error and says where it happened and what to do.
pub(super) fn explain(error: &RedisError, address: &str) -> StoreError {
    let text = plain(error);
    let has = |code: &str| error.code() == Some(code) || text.contains(code);
    let unavailable = |what: &str| StoreError::Unavailable(format!("Redis at {address} {what}"));
    let misconfigured = |what: &str| StoreError::Misconfigured(format!("Redis at {address} {what}"));
    if error.kind() == ErrorKind::AuthenticationFailed || has("NOAUTH") || has("WRONGPASS") {
        misconfigured("refused the login: set the store's user and password file to what it expects")
    } else if has("NOPERM") {
        misconfigured(&format!("forbids a command: grant it to the store's user with ACL SETUSER ({text})"))
    } else if has("LOADING") {
        unavailable("is still reading its append-only file; this ends by itself")
    } else if has("MISCONF") {
        unavailable(
            "cannot write to its disk and refuses changes (MISCONF): free space, or look at its log for the reason",
        )
    } else if has("OOM ") || error.code() == Some("OOM") {
        unavailable(
            "has used all of its 'maxmemory' and refuses changes (OOM): raise it with CONFIG SET maxmemory",
        )
    } else if has("READONLY") {
        unavailable("is a replica and refuses changes (READONLY): point the store's URL at the primary")
    } else if has("BUSY ") {
        unavailable("is busy with a script that does not end (BUSY); if it is not ours, SCRIPT KILL ends it")
    } else if error.is_connection_refusal() {
        unavailable("refused the connection: is it running, and on that port?")
    } else if error.is_timeout() {
        unavailable("did not answer in time")
    } else if error.is_connection_dropped() || error.is_io_error() {
        unavailable(&format!("cannot be reached, or the connection was lost: {text}"))
    } else if error.kind() == ErrorKind::InvalidClientConfig {
        misconfigured(&format!("cannot be spoken to as configured: {text}"))
    } else {
        unavailable(&format!("answered with an error: {text}"))
    }
}

/// Something unreadable in an answer.
pub(super) fn corrupt(what: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("Redis: {what}"))
}

/// The error and what is behind it on one line.
fn plain(error: &RedisError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text.replace(['\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use deadpool_redis::redis::{Value, parse_redis_value};

    fn server_error(line: &str) -> RedisError {
        match parse_redis_value(format!("-{line}\r\n").as_bytes()) {
            Ok(Value::ServerError(error)) => error.into(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        for (line, permanent, advice) in [
            ("NOAUTH Authentication required.", true, "password file"),
            ("WRONGPASS invalid username-password pair", true, "password file"),
            ("NOPERM User a has no permissions to run the 'info' command", true, "ACL SETUSER"),
            ("LOADING Redis is loading the dataset in memory", false, "ends by itself"),
            ("MISCONF Errors writing to the AOF file: No space left on device", false, "free space"),
            ("OOM command not allowed when used memory > 'maxmemory'.", false, "CONFIG SET maxmemory"),
            ("READONLY You can't write against a read only replica.", false, "primary"),
            ("ERR Error running script (call to f_1): @user_script:1: -MISCONF Errors", false, "free space"),
        ] {
            let error = explain(&server_error(line), "db:6379");
            assert_eq!(matches!(error, StoreError::Misconfigured(_)), permanent, "{line}");
            let text = error.to_string();
            assert!(text.contains(advice) && text.contains("db:6379"), "{text}");
        }
    }

    #[test]
    fn the_network_is_named() {
        let refused = RedisError::from(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
        assert!(explain(&refused, "db:1").to_string().contains("is it running"));
        let late = RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut));
        assert!(explain(&late, "db:1").to_string().contains("in time"));
    }
}
