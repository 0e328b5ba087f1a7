//! From text to fields. Every mistake is told with its place and with what to write instead.

use super::error::{CronError, Mistake};
use super::expr::Fields;
use super::field::Field;
use super::values::Values;

/// Longer than an expression has to be that lists every value of every field.
const LONGEST: usize = 1_000;
/// Of what was found, this much is shown.
const SHOWN: usize = 40;

/// A part of the text that knows where it stands.
#[derive(Clone, Copy)]
struct Piece<'a> {
    text: &'a str,
    /// Characters from 1.
    column: usize,
}

impl<'a> Piece<'a> {
    /// The pieces between separators, empty ones too.
    fn split(self, separator: impl Fn(char) -> bool) -> impl Iterator<Item = Self> {
        let mut column = self.column;
        self.text.split(separator).map(move |text| {
            let piece = Piece { text, column };
            column += text.chars().count() + 1;
            piece
        })
    }

    fn split_once(self, separator: char) -> Option<(Self, Self)> {
        let (left, right) = self.text.split_once(separator)?;
        let column = self.column + left.chars().count() + 1;
        Some((Self { text: left, ..self }, Self { text: right, column }))
    }

    fn wrong(
        self,
        field: impl Into<Option<Field>>,
        mistake: Mistake,
        instead: impl Into<String>,
    ) -> CronError {
        let plain = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
        CronError {
            field: field.into(),
            column: self.column,
            found: self.text.chars().take(SHOWN).map(plain).collect(),
            mistake,
            instead: instead.into(),
        }
    }
}

/// Reads an expression.
pub(super) fn fields(text: &str) -> Result<Fields, CronError> {
    let whole = Piece { text, column: 1 };
    if text.len() > LONGEST {
        return Err(whole.wrong(None, Mistake::TooLong, format!("write at most {LONGEST} characters")));
    }
    let words: Vec<Piece<'_>> =
        whole.split(char::is_whitespace).filter(|word| !word.text.is_empty()).collect();
    match words[..] {
        [] => Err(whole.wrong(
            None,
            Mistake::Blank,
            "write five (minute hour day month weekday), for example 30 2 * * mon-fri",
        )),
        [word, ref more @ ..] if word.text.starts_with('@') => match more {
            [] => fields(macro_of(word)?),
            [extra, ..] => Err(extra.wrong(None, Mistake::Trailing, "leave it out, or write five fields")),
        },
        [minute, hour, day, month, weekday] => {
            read([None, Some(minute), Some(hour), Some(day), Some(month), Some(weekday)])
        }
        [second, minute, hour, day, month, weekday] => {
            read([second, minute, hour, day, month, weekday].map(Some))
        }
        [.., last] => Err(last.wrong(None, Mistake::FieldCount(words.len()), count_advice(words.len()))),
    }
}

fn count_advice(count: usize) -> String {
    let more = if count > 6 { "; there is no field for years" } else { "; put * where any value will do" };
    format!("write five (minute hour day month weekday), or six with seconds in front{more}")
}

/// The expression that an `@word` stands for.
fn macro_of(word: Piece<'_>) -> Result<&'static str, CronError> {
    Ok(match word.text.to_ascii_lowercase().as_str() {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        "@reboot" => {
            return Err(word.wrong(None, Mistake::Foreign, "write a time: a schedule knows of no reboot"));
        }
        _ => {
            return Err(word.wrong(
                None,
                Mistake::UnknownWord,
                "write @hourly, @daily, @weekly, @monthly or @yearly, or five fields",
            ));
        }
    })
}

fn read(words: [Option<Piece<'_>>; 6]) -> Result<Fields, CronError> {
    let mut read = [Values::default(); 6];
    for ((values, field), word) in read.iter_mut().zip(Field::ALL).zip(words) {
        match word {
            Some(word) => *values = values_of(field, word)?,
            None => values.add(0, 0, 1),
        }
    }
    let [second, minute, hour, day, month, weekday] = read;
    let fields = Fields { second, minute, hour, day, month, weekday };
    match words[3] {
        Some(word) if fields.names_no_day() => Err(no_such_day(&fields, word)),
        _ => Ok(fields),
    }
}

fn no_such_day(fields: &Fields, word: Piece<'_>) -> CronError {
    let days = fields.longest_month();
    let names: Vec<&str> = fields.month.each().map(super::words::month).collect();
    let months = super::words::list(&names);
    let instead =
        format!("no year has more than {days} days in {months}: write a day up to {days} or another month");
    word.wrong(Field::Day, Mistake::NoSuchDate, instead)
}

/// The values of one field: a list of items.
fn values_of(field: Field, word: Piece<'_>) -> Result<Values, CronError> {
    let mut values = Values { bits: 0, star: word.text.starts_with('*') };
    for item in word.split(|c| c == ',') {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(step_of(field, step)?)),
            None => (item, None),
        };
        let (first, last) = range_of(field, range, step.is_some())?;
        values.add(first, last, step.unwrap_or(1));
    }
    if field == Field::Weekday {
        values.bits = one_week(values.bits);
    }
    Ok(values)
}

/// Folds the days past Saturday back to where the week begins: 7 is Sunday again.
const fn one_week(bits: u64) -> u64 {
    (bits | bits >> 7) & 0x7f
}

/// First and last value of `*`, `a-b` or `a`; with a step, `a` alone runs to the end of the field.
fn range_of(field: Field, range: Piece<'_>, stepped: bool) -> Result<(u32, u32), CronError> {
    if range.text == "*" {
        return Ok((field.least(), field.most()));
    }
    let Some((from, to)) = range.split_once('-') else {
        let value = value_of(field, range)?;
        return Ok((value, if stepped { field.most() } else { value }));
    };
    let (first, last) = (value_of(field, from)?, value_of(field, to)?);
    match (first <= last, field) {
        (true, _) => Ok((first, last)),
        (false, Field::Weekday) => Ok((first, last + 7)),
        (false, _) => Err(range.wrong(field, Mistake::Backwards, both_ends(field, first, last))),
    }
}

/// A backward range as two: on to the end of the field, and from its beginning.
fn both_ends(field: Field, from: u32, to: u32) -> String {
    let [least, to, from, most] = [field.least(), to, from, field.most()].map(|value| field.written(value));
    format!("write {to}-{from}, or {from}-{most},{least}-{to} to go over the end")
}

fn value_of(field: Field, value: Piece<'_>) -> Result<u32, CronError> {
    if value.text.is_empty() {
        return Err(missing(field, value));
    }
    if !value.text.bytes().all(|byte| byte.is_ascii_digit()) {
        let named = field.named(value.text);
        return named.ok_or_else(|| not_a_value(field, value));
    }
    match value.text.parse() {
        Ok(number) if (field.least()..=field.most()).contains(&number) => Ok(number),
        _ => Err(value.wrong(field, Mistake::OutOfRange, in_range(field, value.text))),
    }
}

fn missing(field: Field, at: Piece<'_>) -> CronError {
    at.wrong(
        field,
        Mistake::Missing,
        format!("write {} on both sides of , - and /, or leave the sign out", field.span()),
    )
}

/// The range of a field, and what those mean who write the number just past its end.
fn in_range(field: Field, found: &str) -> String {
    let meant = match (field, found) {
        (Field::Hour, "24") => "; midnight is 0",
        (Field::Minute | Field::Second, "60") => "; the full one is 0",
        (Field::Day | Field::Month, "0") => "; the first is 1",
        _ => "",
    };
    format!("write {}{meant}", field.span())
}

fn not_a_value(field: Field, value: Piece<'_>) -> CronError {
    let text = value.text.to_ascii_lowercase();
    if let Some(name) = field.names().iter().find(|name| text.starts_with(**name)) {
        return value.wrong(field, Mistake::NotAValue, format!("write {name}"));
    }
    match foreign(&text) {
        Some(instead) => value.wrong(field, Mistake::Foreign, instead),
        None => value.wrong(field, Mistake::NotAValue, format!("write {}, or * for any", field.span())),
    }
}

/// What to write for a sign that Quartz or Jenkins would take.
fn foreign(text: &str) -> Option<&'static str> {
    match text.trim_start_matches(|c: char| c.is_ascii_digit()) {
        "?" => Some("write *"),
        "l" | "w" | "lw" => Some("write numbers; of a month's ends only the first day has one"),
        "h" => Some("write a number, and spread schedules by jitter"),
        nth if nth.starts_with('#') => {
            Some("write the dates, such as 8-14 for the second week, and */7 or * for the weekday")
        }
        _ => None,
    }
}

fn step_of(field: Field, step: Piece<'_>) -> Result<u32, CronError> {
    if step.text.is_empty() {
        return Err(missing(field, step));
    }
    let digits = step.text.len() <= 4 && step.text.bytes().all(|byte| byte.is_ascii_digit());
    match step.text.parse() {
        Ok(number) if digits && number > 0 => Ok(number),
        _ => Err(step.wrong(field, Mistake::NotAStep, format!("write a number from 1 to {}", field.most()))),
    }
}
