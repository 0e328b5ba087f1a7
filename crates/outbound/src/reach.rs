//! How far a refusal reaches.

/// What else has to wait when a vendor refuses a call for its rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Everything on the same budget.
    Budget,
    /// Calls of the same endpoint.
    Endpoint,
    /// Nothing but this call.
    Call,
}
