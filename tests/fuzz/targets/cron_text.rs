//! A text is a cron expression that prints as it was typed and has a next tick, or the mistake is told with its place.
#![no_main]

use checkmate_domain::Timestamp;
use checkmate_scheduler::cron::{CronExpr, Timetable, zone};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match text.parse::<CronExpr>() {
        Ok(cron) => {
            assert_eq!(cron.to_string(), text.trim());
            assert_eq!(cron.to_string().parse(), Ok(cron.clone()));
            let table = Timetable::new(cron, zone("UTC").expect("a zone"));
            let now = Timestamp::from_millis(1_767_225_600_000);
            let next = table.next_after(now).expect("a day of the calendar");
            assert!(next > now);
            assert_eq!(table.last_in(now, next), Some(next));
            assert!(table.describe().ends_with(", UTC"));
        }
        Err(error) => {
            let message = error.to_string();
            assert!((1..=text.chars().count() + 1).contains(&error.column), "{message}");
            assert!(message.len() < 500 && !message.contains(char::is_control), "{message:?}");
        }
    }
});
