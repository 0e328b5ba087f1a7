//! The laws of the fuzz targets `token_answer` and `browser_request`, over generated input.

use checkmate_vault::fuzzing::{browser_request, token_answer};
use proptest::prelude::*;

/// Bodies that are nearly right, and ones that are not.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let texts = prop_oneof![Just(String::new()), Just("repo,read:org".to_owned()), "\\PC{0,40}", ".{0,400}"];
    let numbers = prop_oneof![Just(0), Just(u64::MAX), any::<u64>()];
    let names = prop_oneof![
        Just("federated_connection_refresh_token_not_found".to_owned()),
        Just("too_many_requests".to_owned()),
        ".{0,30}"
    ];
    let good = (texts.clone(), texts.clone(), numbers).prop_map(|(token, scope, expires_in)| {
        serde_json::json!({"access_token": token, "scope": scope, "expires_in": expires_in})
    });
    let bad =
        (names, texts).prop_map(|(error, why)| serde_json::json!({"error": error, "error_description": why}));
    let json = prop_oneof![good, bad].prop_map(|value| value.to_string().into_bytes());
    prop_oneof![3 => json, 1 => proptest::collection::vec(any::<u8>(), 0..200)]
}

proptest! {
    #[test]
    fn an_answer_is_a_token_or_words(status in 200_u16..600, body in bodies()) {
        token_answer(status, &body);
    }

    #[test]
    fn a_browser_brings_our_parameters_or_nothing(
        head in prop_oneof![".{0,80}", "GET /callback\\?[ -~]{0,60} HTTP/1.1", "GET /[a-z]{0,9}\\?\\PC{0,40}"],
        tail in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        browser_request(&[head.as_bytes(), &tail].concat());
    }
}
