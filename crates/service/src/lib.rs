//! What every long-running role shares: stop and drain, back-off, crash points.

pub mod backoff;
pub mod crashpoint;
pub mod stop;

pub use backoff::Backoff;
pub use stop::Stop;
