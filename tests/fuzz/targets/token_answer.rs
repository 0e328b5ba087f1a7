//! Answers of the token endpoint: a token that ends within a month, or words fit for a line.
#![no_main]

use checkmate_vault::fuzzing::token_answer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|asked: (u16, &[u8])| {
    let (status, body) = asked;
    token_answer(200 + status % 400, body);
});
