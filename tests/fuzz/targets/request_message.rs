//! A message is a request within its bounds, or it is refused in one short line that repeats little of it.
#![no_main]

use checkmate_scheduler::requests::{MAX_REQUEST, Request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| match Request::read(bytes) {
    Ok(request) => {
        assert!(bytes.len() <= MAX_REQUEST);
        assert!((1..=200).contains(&request.id.len()) && (1..=2_000).contains(&request.reason.len()));
        assert!(!format!("{}{}", request.id, request.reason).contains(char::is_control));
        assert_eq!(request.scope.to_string().parse(), Ok(request.scope));
    }
    Err(error) => {
        let message = error.to_string();
        assert!(message.len() < 1_000 && !message.contains(char::is_control), "{message:?}");
    }
});
