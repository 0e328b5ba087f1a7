//! The values of one field, as bits.

/// Which values a field names: bit `n` stands for `n`. Never empty once parsed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Values {
    pub(super) bits: u64,
    /// Whether the field begins with `*`, which counts in the rules for days and for clock changes.
    pub(super) star: bool,
}

impl Values {
    /// Adds every `step`th value from `first` to `last`.
    pub(super) fn add(&mut self, first: u32, last: u32, step: u32) {
        let mut value = first;
        while value <= last {
            self.bits |= 1 << value;
            value += step;
        }
    }

    pub(super) const fn has(self, value: u32) -> bool {
        self.bits >> value & 1 == 1
    }

    /// The first value that is `least` or more.
    pub(super) fn from(self, least: u32) -> Option<u32> {
        let left = self.bits >> least;
        (left != 0).then(|| least + left.trailing_zeros())
    }

    /// The last value that is `most` or less.
    pub(super) fn up_to(self, most: u32) -> Option<u32> {
        let left = self.bits << (63 - most);
        (left != 0).then(|| most - left.leading_zeros())
    }

    pub(super) const fn first(self) -> u32 {
        self.bits.trailing_zeros()
    }

    pub(super) const fn last(self) -> u32 {
        63 - self.bits.leading_zeros()
    }

    pub(super) const fn count(self) -> u32 {
        self.bits.count_ones()
    }

    pub(super) fn each(self) -> impl Iterator<Item = u32> + Clone {
        (0..64).filter(move |value| self.has(*value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_found_on_both_sides() {
        let mut values = Values::default();
        values.add(5, 59, 20);
        assert_eq!(values.each().collect::<Vec<_>>(), [5, 25, 45]);
        for (at, from, up_to) in
            [(0, Some(5), None), (5, Some(5), Some(5)), (6, Some(25), Some(5)), (59, None, Some(45))]
        {
            assert_eq!((values.from(at), values.up_to(at)), (from, up_to), "{at}");
        }
        assert_eq!((values.first(), values.last(), values.count()), (5, 45, 3));
    }
}
