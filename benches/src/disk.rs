//! How fast the disk syncs, so that figures that wait for it can be read: on a disk with bad spells, so are they.

use std::fs::File;
use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::table::{Bar, Row};
use crate::turns::{Size, median, millis, percentile};

/// Probes taken between the parts.
#[derive(Debug, Default)]
pub struct Disk {
    middle: Vec<f64>,
    high: Vec<f64>,
}

impl Disk {
    /// Writes and syncs 4 KiB some hundred times, beside the program.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn probe(&mut self, size: Size) -> anyhow::Result<()> {
        let program = std::env::current_exe()?;
        let mut file: File = tempfile::tempfile_in(program.parent().context("a program without a folder")?)?;
        let syncs = (0..size.pick(500, 20)).map(|_| {
            file.write_all(&[b'x'; 4096])?;
            let began = Instant::now();
            file.sync_data()?;
            Ok(began.elapsed())
        });
        let syncs: Vec<Duration> = syncs.collect::<std::io::Result<_>>()?;
        self.middle.push(millis(percentile(&syncs, 0.5)));
        self.high.push(millis(percentile(&syncs, 0.99)));
        Ok(())
    }

    /// The line about it.
    #[must_use]
    pub fn row(&self) -> Row {
        let lowest = self.high.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = self.high.iter().copied().fold(0.0, f64::max);
        let row = Row::new("disk, 4 KiB written and synced, p50", median(&self.middle), "ms", Bar::None);
        row.told(format!("p99 from {lowest:.1} to {highest:.1} ms between the parts"))
    }
}
