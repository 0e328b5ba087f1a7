//! Why a text is no cron expression: where, what stands there, and what to write instead.

use super::field::Field;

/// Why a text is no cron expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: '{found}' {mistake}; {instead}", self.place())]
pub struct CronError {
    /// The field that is wrong; none when it is the whole.
    pub field: Option<Field>,
    /// Where it stands in the text: characters from 1.
    pub column: usize,
    /// What stands there, at most 40 characters of it.
    pub found: String,
    /// What is wrong with it.
    pub mistake: Mistake,
    /// What to write instead, as a request.
    pub instead: String,
}

/// What is wrong. Reads on from what was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// No text, or a text without fields.
    #[error("holds no fields")]
    Blank,
    /// Longer than any expression has to be.
    #[error("begins a text that is too long for an expression")]
    TooLong,
    /// Not five and not six fields.
    #[error("ends a text of {0} fields")]
    FieldCount(usize),
    /// An `@word` that nobody knows.
    #[error("is not one of the words that stand for an expression")]
    UnknownWord,
    /// More text after an `@word`.
    #[error("follows a word that stands for a whole expression")]
    Trailing,
    /// A comma, hyphen or slash with nothing on one side.
    #[error("lacks a value")]
    Missing,
    /// Neither a number nor a name of the field.
    #[error("is not a value of this field")]
    NotAValue,
    /// Something that other programs understand, and cron does not.
    #[error("is of another notation, not of cron")]
    Foreign,
    /// A number that the field does not have.
    #[error("is out of range")]
    OutOfRange,
    /// A range whose end comes before its beginning.
    #[error("runs backwards")]
    Backwards,
    /// A step that is no number from 1 on.
    #[error("is not a step")]
    NotAStep,
    /// No month that is named has this day.
    #[error("is a day that never comes")]
    NoSuchDate,
}

impl CronError {
    fn place(&self) -> String {
        match self.field {
            Some(field) => format!("{field} (column {})", self.column),
            None => format!("column {}", self.column),
        }
    }
}
