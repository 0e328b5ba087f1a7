//! Expressions in plain language.

use super::timetable;

#[test]
fn an_expression_is_told_in_plain_language() {
    let place = |text: &str| if text.starts_with("0 6") { "UTC" } else { "Europe/Berlin" };
    let told = |text: &&str| format!("{text:<28} {}", timetable(text, place(text)).describe());
    let expressions = [
        "30 2 * * 1-5",
        "30 2 * * *",
        "0 2,14 * * *",
        "0 6 * * *",
        "@daily",
        "@hourly",
        "@weekly",
        "@monthly",
        "@yearly",
        "* * * * *",
        "*/5 * * * *",
        "*/5 9-17 * * mon-fri",
        "* 2 * * *",
        "*/7 * * * *",
        "5 * * * *",
        "5,35 * * * *",
        "10-20 * * * *",
        "30 */2 * * *",
        "0 1/2 * * *",
        "*/15 2,5,7 * * *",
        "0,20 */2 * * *",
        "0 9-17 * * *",
        "0 */6 * * *",
        "0 0 1,15 * *",
        "0 0 1 jan,jul *",
        "0 0 1-7 * *",
        "0 0 */2 * *",
        "0 0 31 * *",
        "0 0 13 * fri",
        "0 0 1 6 mon",
        "0 0 13 * */5",
        "0 0 */2 * sat",
        "0 0 * * sat,sun",
        "0 0 * * fri-mon",
        "0 0 * jun-aug *",
        "0 0 * 3 sun",
        "0 0 1-31 * mon",
        "*/10 * 3 * *",
        "0 30 2 * * *",
        "15 30 2 * * *",
        "* * * * * *",
        "*/10 * * * * *",
        "*/10 30 2 * * *",
        "*/10 30 2,14 * * *",
        "15 * * * * *",
        "15,45 */5 9-17 * * *",
        "*/10 * 9-17 * * 1-5",
    ];
    insta::assert_snapshot!(expressions.iter().map(told).collect::<Vec<_>>().join("\n"));
}
