//! Exports of the audit trail: any text is a trail that can be judged, or a line that is none.
#![no_main]

use checkmate_domain::Timestamp;
use checkmate_domain::audit::export::{Line, lines};
use checkmate_domain::audit::{Trail, verify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(trail) = Trail::from_export(text) else { return };
    let verdict = verify(&trail, Timestamp::from_millis(0), |_, _| true);
    let records = trail.segments.values().flatten().cloned().map(Line::Record);
    let written = lines(records.chain(trail.checkpoints.iter().cloned().map(Line::Checkpoint))).expect("it has a form");
    let again = Trail::from_export(&written).expect("what was written reads");
    assert_eq!(again, trail);
    assert_eq!(verify(&again, Timestamp::from_millis(0), |_, _| true), verdict);
});
