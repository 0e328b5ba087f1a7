//! What is read, and what is told of what cannot be.

use super::super::{CronError, CronExpr, Field, Mistake};
use super::cron;

/// The values of each field, as they are written one by one.
fn read(text: &str) -> [Vec<u32>; 6] {
    let expr = cron(text);
    let fields = expr.fields();
    [fields.second, fields.minute, fields.hour, fields.day, fields.month, fields.weekday]
        .map(|values| values.each().collect())
}

#[test]
fn each_form_gives_its_values() {
    let every = |from: u32, to: u32, step| (from..=to).step_by(step).collect::<Vec<_>>();
    let [second, minute, hour, day, month, weekday] = read("* * * * *");
    assert_eq!(second, [0]);
    assert_eq!((minute, hour), (every(0, 59, 1), every(0, 23, 1)));
    assert_eq!((day, month, weekday), (every(1, 31, 1), every(1, 12, 1), every(0, 6, 1)));

    let [second, minute, hour, day, month, weekday] = read("*/20 5,10-12 9-17/4 10/7 */5 1");
    assert_eq!((second, minute), (vec![0, 20, 40], vec![5, 10, 11, 12]));
    assert_eq!((hour, day), (vec![9, 13, 17], vec![10, 17, 24, 31]));
    assert_eq!((month, weekday), (vec![1, 6, 11], vec![1]));
}

#[test]
fn weekdays_are_numbered_as_in_posix_and_run_over_the_end_of_the_week() {
    for (text, expected) in [
        ("0", &[0][..]),
        ("7", &[0]),
        ("0-7", &[0, 1, 2, 3, 4, 5, 6]),
        ("1-5", &[1, 2, 3, 4, 5]),
        ("MON-Fri", &[1, 2, 3, 4, 5]),
        ("5-7", &[0, 5, 6]),
        ("sat-sun", &[0, 6]),
        ("fri-mon", &[0, 1, 5, 6]),
        ("6-1", &[0, 1, 6]),
        ("7-1", &[0, 1]),
        ("fri-mon/2", &[0, 5]),
        ("sun,wed", &[0, 3]),
        ("*/2", &[0, 2, 4, 6]),
        ("*/7", &[0]),
        ("1/2", &[0, 1, 3, 5]),
        ("mon-5", &[1, 2, 3, 4, 5]),
    ] {
        let [.., weekday] = read(&format!("0 0 * * {text}"));
        assert_eq!(weekday, expected, "{text}");
    }
}

#[test]
fn months_have_names() {
    let [.., month, _] = read("0 0 1 JAN,mar-May *");
    assert_eq!(month, [1, 3, 4, 5]);
}

#[test]
fn words_stand_for_expressions() {
    for (word, text) in [
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"),
        ("@Midnight", "0 0 * * *"),
        (" @hourly ", "0 * * * *"),
    ] {
        assert_eq!(cron(word).fields(), cron(text).fields(), "{word}");
    }
}

#[test]
fn it_prints_as_it_was_typed() {
    for (text, printed) in [("  */5 *\t* * MON ", "*/5 *\t* * MON"), ("@daily", "@daily")] {
        assert_eq!(cron(text).to_string(), printed);
        assert_eq!(cron(printed), cron(text));
    }
}

#[test]
fn a_step_longer_than_its_range_leaves_the_first() {
    assert_eq!(read("*/60 */24 */31 */12 *"), read("0 0 1 1 *"));
}

#[test]
fn dates_that_never_come_are_refused() {
    for text in ["0 0 30 2 *", "0 0 31 4 *", "0 0 31 2,4,6,9,11 *", "0 0 30-31 feb */2", "0 0 0 31 2 *"] {
        let error = text.parse::<CronExpr>().unwrap_err();
        assert_eq!((error.field, error.mistake), (Some(Field::Day), Mistake::NoSuchDate), "{text}");
    }
    for text in ["0 0 29 2 *", "0 0 31 4,5 *", "0 0 30 */2 *", "0 0 28-31 2 *", "0 0 30 2 mon"] {
        cron(text);
    }
}

#[test]
fn a_mistake_is_told_with_its_place_and_with_what_to_write() {
    let mistakes = [
        "",
        "* * *",
        "0 30 2 * * * 2026",
        "@dayly",
        "@reboot",
        "@daily 5",
        "61 * * * *",
        "0 24 * * *",
        "0 0 0 * *",
        "0 0 1 13 *",
        "0 0 * * 8",
        "  0   0 * * friday",
        "0 22-2 * * *",
        "0 0 1 nov-feb *",
        "*/0 * * * *",
        "*/ * * * *",
        "1,,2 * * * *",
        "5- * * * *",
        "-5 * * * *",
        "1-2-3 * * * *",
        "** * * * *",
        "mon * * * *",
        "0 0 ? * *",
        "0 0 L * *",
        "0 0 15W * *",
        "0 0 * * 5#2",
        "H H * * *",
        "0 0 30 2 *",
        "0 0 31 4,6 *",
        "×5 ⏰ * * *",
        "4294967296 * * * *",
        "* * * * * */99999",
    ];
    let told = |text: &&str| {
        let error: CronError = text.parse::<CronExpr>().unwrap_err();
        format!("{text}\n    {error}")
    };
    insta::assert_snapshot!(mistakes.iter().map(told).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_long_text_is_cut_in_the_message_and_never_read() {
    let error = format!("0 0 {} * *", "1,".repeat(1_000)).parse::<CronExpr>().unwrap_err();
    assert_eq!(error.mistake, Mistake::TooLong);
    assert!(error.to_string().len() < 200, "{error}");
    let error = "\u{1b}[31m * * * *".parse::<CronExpr>().unwrap_err();
    assert!(!error.to_string().contains('\u{1b}'), "{error:?}");
}

#[test]
fn every_value_of_every_field_fits() {
    let all = |from: u32, to: u32| (from..=to).map(|value| value.to_string()).collect::<Vec<_>>().join(",");
    let text = [all(0, 59), all(0, 59), all(0, 23), all(1, 31), all(1, 12), all(0, 7)].join(" ");
    assert_eq!(read(&text), read("* * * * * *"));
}
