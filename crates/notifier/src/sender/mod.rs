//! What the senders of all channels have in common: a row in one sender's hands, a credential by reference, requests within
//! a turn, and what it means when one of them comes to nothing.

mod access;
mod address;
mod api;
pub(crate) mod form;
mod limit;
mod request;
mod row;
mod trouble;
mod turns;

pub use access::{Access, Held, NoAccess};
pub(crate) use address::Address;
pub(crate) use api::Api;
pub use form::File;
pub(crate) use request::{Form, Method, Request};
pub(crate) use row::Row;
pub(crate) use trouble::{Trouble, told};
pub use turns::Turn;
pub(crate) use turns::{Taken, Turns};
