//! Which known word somebody meant.

/// The word that is only a few slips of the pen away.
pub(super) fn near<'a>(asked: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let asked = asked.to_ascii_lowercase();
    // Nothing that long is a slip of anything.
    if asked.len() > 80 {
        return None;
    }
    let slips = (asked.chars().count() / 3).clamp(1, 3);
    words
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&asked, &word.to_ascii_lowercase()), word))
        .filter(|(distance, _)| *distance <= slips)
        .min()
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_another_word_is_not() {
        let words = ["slots", "fence_ttl", "max_failures"];
        assert_eq!(near("slotz", words), Some("slots"));
        assert_eq!(near("fence-ttl", words), Some("fence_ttl"));
        assert_eq!(near("Max_Failure", words), Some("max_failures"));
        assert_eq!(near("threads", words), None);
        assert_eq!(near(&"x".repeat(10_000), words), None);
    }
}
