//! A private Redis.
