//! What is read is what would be written again.
#![no_main]

use checkmate_domain::CloudEvent;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(event) = CloudEvent::from_bytes(bytes) {
        assert_eq!(CloudEvent::from_bytes(&event.to_bytes()), Ok(event));
    }
});
