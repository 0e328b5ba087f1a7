//! What policy puts into tickets; pure.

use std::fmt;
use std::str::FromStr;

/// Fields that are ours to fill in, by their ids: other keys of a route say what stands there.
pub const OURS: [&str; 5] = ["project", "issuetype", "summary", "description", "labels"];

/// What stands in one field of a new ticket: `Team=Platform`. Which field that is, and what form its value takes, the project
/// says. A field that takes several values is named several times.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldText {
    /// The id of the field, or its name.
    pub field: String,
    /// Its value, as people write it.
    pub text: String,
}

/// A text that names no field and value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldTextError {
    /// It has another form.
    #[error("is not like Team=Platform")]
    Form,
    /// Another key says what stands there.
    #[error("sets {0}, which CheckMate fills in by other keys")]
    Ours(String),
}

impl FromStr for FieldText {
    type Err = FieldTextError;

    fn from_str(text: &str) -> Result<Self, FieldTextError> {
        let (field, text) = text.split_once('=').ok_or(FieldTextError::Form)?;
        let (field, text) = (field.trim(), text.trim());
        if field.is_empty() || text.is_empty() {
            return Err(FieldTextError::Form);
        }
        if OURS.iter().any(|id| id.eq_ignore_ascii_case(field)) {
            return Err(FieldTextError::Ours(field.to_lowercase()));
        }
        Ok(Self { field: field.to_owned(), text: text.to_owned() })
    }
}

impl fmt::Display for FieldText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.field, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_named_before_the_first_equals_sign() {
        let read = |text: &str| text.parse::<FieldText>();
        let told = read(" Team = a=b ").unwrap();
        assert_eq!(
            (told.field.as_str(), told.text.as_str(), told.to_string()),
            ("Team", "a=b", "Team=a=b".to_owned())
        );
        for wrong in ["", "Team", "=x", "Team=", " = "] {
            assert_eq!(read(wrong), Err(FieldTextError::Form), "{wrong}");
        }
        assert_eq!(read("Summary=x"), Err(FieldTextError::Ours("summary".to_owned())));
    }
}
