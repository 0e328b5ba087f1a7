//! What comes back from a browser: parameters of our own path, or nothing.
#![no_main]

use checkmate_vault::fuzzing::browser_request;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|head: &[u8]| browser_request(head));
