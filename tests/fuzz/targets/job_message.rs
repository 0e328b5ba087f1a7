//! What is read is what would be written again.
#![no_main]

use checkmate_domain::JobMessage;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(job) = JobMessage::from_bytes(bytes) {
        assert_eq!(JobMessage::from_bytes(&job.to_bytes()), Ok(job));
    }
});
