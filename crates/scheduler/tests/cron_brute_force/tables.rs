//! Expressions as tables: for each value of each field, which expressions name it. Bit `n` is expression `n`.

/// What each value is named by.
#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) second: Vec<u64>,
    pub(crate) minute: Vec<u64>,
    pub(crate) hour: Vec<u64>,
    pub(crate) day: Vec<u64>,
    pub(crate) month: Vec<u64>,
    /// From Sunday on.
    pub(crate) weekday: Vec<u64>,
    /// Expressions that need both date and weekday.
    pub(crate) both: u64,
    /// Expressions whose every match counts.
    pub(crate) interval: u64,
    /// Expressions of six fields.
    pub(crate) with_seconds: u64,
}

const WORDS: [(&str, &str); 3] =
    [("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@weekly", "0 0 * * 0")];
const MONTHS: &str = "janfebmaraprmayjunjulaugsepoctnovdec";
const WEEKDAYS: &str = "sunmontuewedthufrisat";

impl Tables {
    pub(crate) fn of(expressions: &[&str]) -> Self {
        assert!(expressions.len() <= 64, "one bit each");
        let mut tables = Self {
            second: vec![0; 60],
            minute: vec![0; 60],
            hour: vec![0; 24],
            day: vec![0; 32],
            month: vec![0; 13],
            weekday: vec![0; 8],
            ..Self::default()
        };
        for (index, expression) in expressions.iter().enumerate() {
            tables.add(1 << index, expression);
        }
        // Sunday is written 0 or 7.
        tables.weekday[0] |= tables.weekday[7];
        tables
    }

    fn add(&mut self, bit: u64, expression: &str) {
        let expression =
            WORDS.iter().find(|(word, _)| *word == expression).map_or(expression, |(_, text)| text);
        let mut fields: Vec<&str> = expression.split(' ').collect();
        if fields.len() == 6 {
            self.with_seconds |= bit;
        } else {
            fields.insert(0, "0");
        }
        let [second, minute, hour, day, month, weekday] = fields[..] else { panic!("{expression}") };
        mark(&mut self.second, bit, second, 0, "");
        mark(&mut self.minute, bit, minute, 0, "");
        mark(&mut self.hour, bit, hour, 0, "");
        mark(&mut self.day, bit, day, 1, "");
        mark(&mut self.month, bit, month, 1, MONTHS);
        mark(&mut self.weekday, bit, weekday, 0, WEEKDAYS);
        if day.starts_with('*') || weekday.starts_with('*') {
            self.both |= bit;
        }
        if minute.starts_with('*') || hour.starts_with('*') {
            self.interval |= bit;
        }
    }
}

/// Sets the bit at every value that a field names.
fn mark(table: &mut [u64], bit: u64, field: &str, least: usize, names: &str) {
    let most = table.len() - 1;
    for item in field.split(',') {
        let (range, step) = item.split_once('/').unwrap_or((item, ""));
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (value(from, least, names), value(to, least, names)),
            None if range == "*" => (least, most),
            None => {
                (value(range, least, names), if step.is_empty() { value(range, least, names) } else { most })
            }
        };
        let mut at = from;
        // Only weekdays run over the end: there are seven of them, and the table has an eighth place.
        let to = if to < from { to + 7 } else { to };
        while at <= to {
            table[if at > most { at - 7 } else { at }] |= bit;
            at += if step.is_empty() { 1 } else { step.parse().unwrap() };
        }
    }
}

fn value(text: &str, least: usize, names: &str) -> usize {
    text.parse().unwrap_or_else(|_| names.find(&text.to_lowercase()).unwrap() / 3 + least)
}
