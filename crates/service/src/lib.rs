//! What every long-running role shares: stop and drain, back-off, crash points, health, metrics, traces, admin pages.

pub mod admin;
pub mod backoff;
pub mod crashpoint;
pub mod health;
pub mod metrics;
pub mod stop;
pub mod telemetry;

pub use backoff::Backoff;
pub use health::Health;
pub use stop::Stop;
