//! Who uses how many of the slots. Taken by the loop alone, given back by the jobs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::config::Intake;

pub(super) struct Slots {
    total: usize,
    used: AtomicUsize,
    intakes: Vec<(usize, AtomicUsize)>,
}

/// A slot in use.
pub(super) struct Slot {
    slots: Arc<Slots>,
    intake: usize,
}

impl Slots {
    pub(super) fn new(total: u16, intakes: &[Intake]) -> Arc<Self> {
        let intakes = intakes.iter().map(|intake| (usize::from(intake.most), AtomicUsize::new(0))).collect();
        Arc::new(Self { total: usize::from(total), used: AtomicUsize::new(0), intakes })
    }

    /// Whether the next message of that intake has a slot.
    pub(super) fn free(&self, intake: usize) -> bool {
        let own = |(most, used): &(usize, AtomicUsize)| used.load(Ordering::Acquire) < *most;
        self.used.load(Ordering::Acquire) < self.total && self.intakes.get(intake).is_some_and(own)
    }

    /// Whether any intake may go on.
    pub(super) fn any_free(&self) -> bool {
        (0..self.intakes.len()).any(|intake| self.free(intake))
    }

    /// Uses a slot that was found free. Only one task takes, so it still is.
    pub(super) fn take(self: &Arc<Self>, intake: usize) -> Slot {
        self.used.fetch_add(1, Ordering::AcqRel);
        if let Some((_, used)) = self.intakes.get(intake) {
            used.fetch_add(1, Ordering::AcqRel);
        }
        Slot { slots: Arc::clone(self), intake }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some((_, used)) = self.slots.intakes.get(self.intake) {
            used.fetch_sub(1, Ordering::AcqRel);
        }
        self.slots.used.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Queue;

    #[test]
    fn bulk_leaves_the_reserve_and_interactive_may_have_all() {
        let intakes =
            [Intake { queue: Queue::ScanInteractive, most: 3 }, Intake { queue: Queue::ScanBulk, most: 2 }];
        let slots = Slots::new(3, &intakes);
        let bulk = [slots.take(1), slots.take(1)];
        assert!(slots.free(0) && !slots.free(1));
        let interactive = slots.take(0);
        assert!(!slots.any_free());
        drop(bulk);
        let more = [slots.take(0), slots.take(0)];
        assert!(!slots.any_free());
        drop(interactive);
        assert!(slots.free(0) && slots.free(1));
        drop(more);
        assert!(!slots.free(2), "there is no third intake");
    }
}
