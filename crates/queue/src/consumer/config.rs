//! How much is taken from where.

use std::time::Duration;

use checkmate_domain::Lane;

use crate::names::Queue;

/// A queue and how many of the slots it may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intake {
    /// Where from.
    pub queue: Queue,
    /// At most so many messages of it are in hand.
    pub most: u16,
}

/// Settings of the loop. Intakes come in the order of preference: with one slot free, the first that has something gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumeConfig {
    pub(super) slots: u16,
    pub(super) intakes: Vec<Intake>,
    /// How long a job that was told to stop may take to end before it is dropped.
    pub grace: Duration,
    /// When a message is delivered again whose handler panicked or outran its deadline.
    pub after_trouble: Duration,
    /// How long a verdict may take to reach the broker.
    pub settle_within: Duration,
    /// The shortest and the longest wait before subscribing again.
    pub resubscribe: (Duration, Duration),
}

/// Why the settings cannot work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Nothing could run.
    #[error("a worker needs at least one slot: raise the number of slots")]
    NoSlots,
    /// Bulk jobs would wait for ever.
    #[error(
        "with {slots} slots and {reserved} of them kept for interactive jobs, bulk jobs would never run: \
         raise the slots, lower the reserve, or run separate workers with --lane"
    )]
    NothingLeftForBulk {
        /// All slots.
        slots: u16,
        /// Of these kept.
        reserved: u16,
    },
}

impl ConsumeConfig {
    /// Both lanes: interactive jobs may use every slot, bulk jobs all but the `reserved` ones.
    ///
    /// # Errors
    /// When nothing is left for one of them.
    pub fn lanes(slots: u16, reserved: u16) -> Result<Self, ConfigError> {
        let left = slots.saturating_sub(reserved);
        if slots > 0 && left == 0 {
            return Err(ConfigError::NothingLeftForBulk { slots, reserved });
        }
        let interactive = Intake { queue: Queue::ScanInteractive, most: slots };
        Self::new(slots, vec![interactive, Intake { queue: Queue::ScanBulk, most: left }])
    }

    /// One queue alone: a worker of one lane, or the notifier.
    ///
    /// # Errors
    /// Without slots.
    pub fn single(queue: Queue, slots: u16) -> Result<Self, ConfigError> {
        Self::new(slots, vec![Intake { queue, most: slots }])
    }

    /// One lane alone.
    ///
    /// # Errors
    /// Without slots.
    pub fn lane(lane: Lane, slots: u16) -> Result<Self, ConfigError> {
        Self::single(Queue::of_lane(lane), slots)
    }

    fn new(slots: u16, intakes: Vec<Intake>) -> Result<Self, ConfigError> {
        if slots == 0 {
            return Err(ConfigError::NoSlots);
        }
        Ok(Self {
            slots,
            intakes,
            grace: Duration::from_secs(10),
            after_trouble: Duration::from_secs(10),
            settle_within: Duration::from_secs(60),
            resubscribe: (Duration::from_millis(100), Duration::from_secs(15)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lanes_can_always_run() {
        let config = ConsumeConfig::lanes(8, 1).unwrap();
        assert_eq!(config.intakes.iter().map(|intake| intake.most).collect::<Vec<_>>(), [8, 7]);
        assert_eq!(config.intakes[0].queue, Queue::ScanInteractive);
        assert_eq!(ConsumeConfig::lanes(0, 0), Err(ConfigError::NoSlots));
        assert!(ConsumeConfig::lanes(1, 0).is_ok());
        let error = ConsumeConfig::lanes(1, 1).unwrap_err();
        assert!(error.to_string().contains("--lane"), "{error}");
    }
}
