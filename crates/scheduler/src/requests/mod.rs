//! Requests of other systems: messages on `checkmate.requests` become scans of scopes that their sender may ask for.
//!
//! - [`Request`] is a message, read strictly;
//! - [`Requests`] takes them.

mod message;
mod take;

pub use message::{MAX_REQUEST, Request, RequestError};
pub use take::{Requests, RequestsConfig};
