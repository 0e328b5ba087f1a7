//! Scripts of a tenant: any text is read or refused, and the parser never takes the process with it.
#![no_main]

use checkmate_scanners::auth0::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = fuzzing::script(text);
});
