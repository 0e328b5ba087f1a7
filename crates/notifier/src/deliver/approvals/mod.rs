//! What a person has to approve before it goes out: what is asked, what is held by it, and rows that follow the answer.
//!
//! An approval is written before the first row that it holds, and each such row only while the approval is as it was read.
//! So whoever decides has all its rows before them, and whoever plans later sees what was decided. [`follow`] brings the
//! rows to where a decision puts them; until that is done, the approval says so.

mod asks;
mod follow;
mod holding;

pub(super) use asks::{Gates, closes, is_made};
pub use asks::{Question, questions};
pub(super) use holding::{Holding, Next};
