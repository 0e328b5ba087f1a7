//! The next ticks of a cron expression.

use std::fmt::Write;

use checkmate_domain::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::view::{Paint, Show, plain};

/// An expression, what it means, and its next ticks.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct TicksView {
    /// The version of this form.
    pub schema: &'static str,
    /// As it was typed.
    pub cron: String,
    /// The name of the time zone.
    pub timezone: String,
    /// In plain language.
    pub meaning: String,
    /// In order.
    pub ticks: Vec<Tick>,
}

/// One tick.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Tick {
    /// By the clock on the wall there, with its distance from UTC.
    pub local: String,
    /// In UTC.
    pub utc: String,
}

impl TicksView {
    /// Of these ticks.
    #[must_use]
    pub fn new(cron: &str, zone: &TimeZone, meaning: String, ticks: &[Timestamp]) -> Self {
        let tick = |at: &Timestamp| {
            let at = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?;
            let local = at.to_zoned_datetime(zone.clone()).strftime("%a %Y-%m-%d %H:%M:%S %:z").to_string();
            Some(Tick { local, utc: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string() })
        };
        Self {
            schema: "checkmate.ticks/1",
            cron: cron.to_owned(),
            timezone: zone.iana_name().unwrap_or("UTC").to_owned(),
            meaning,
            ticks: ticks.iter().filter_map(tick).collect(),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self, show: Show<'_>) -> String {
        let paint = Paint(show.color);
        let mut text = format!("{}\n{}\n\n", paint.bold(&plain(&self.cron, 200)), self.meaning);
        for Tick { local, utc } in &self.ticks {
            let _ = writeln!(text, "  {local}   {}", paint.dim(utc));
        }
        if self.ticks.is_empty() {
            text.push_str(
                "  It never ticks: its times lie where the clocks of this zone are always put forward.\n",
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_time_and_utc_stand_beside_each_other() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at: jiff::Timestamp = "2026-03-29T01:00:00Z".parse().unwrap();
        let ticks = [Timestamp::from_millis(at.as_millisecond())];
        let view =
            TicksView::new("30 2 * * *", &zone, "at 02:30 every day, Europe/Berlin time".to_owned(), &ticks);
        let text = view.text(Show { program: "checkmate", color: false });
        assert_eq!(
            text,
            "30 2 * * *\nat 02:30 every day, Europe/Berlin time\n\n  Sun 2026-03-29 03:00:00 +02:00   2026-03-29T01:00:00Z\n"
        );
    }
}
