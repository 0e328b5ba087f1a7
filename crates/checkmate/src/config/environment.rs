//! The only place that reads the environment.

/// A variable that is set, not empty and text.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "the one place where the environment is read")]
pub fn get(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
