//! What policy puts into tickets; pure.

use std::fmt;
use std::str::FromStr;

use super::{Jira, News, fits, names};

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

/// Whose tickets about some findings are: `auth0:acme.eu.auth0.com=account:5b10a2844c20165700ede21g`, or
/// `auth0.attack-protection=component:Identity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// A target, whole or with a `*` at the end, or a rule, whole or by the beginning of its id up to a dot; `*` for all.
    pub of: String,
    /// Whose.
    pub whose: Whose,
}

/// Somebody, or some part of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A person, by the id of the account at Atlassian.
    Account(String),
    /// A component of the project, by its name.
    Component(String),
}

/// A text that names no owner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OwnerError {
    /// It has another form.
    #[error(
        "is not like auth0:acme*=component:Identity or auth0.attack-protection=account:5b10a2844c20165700ede21g"
    )]
    Form,
    /// It names nobody.
    #[error("names no account: its id stands in the address of the person's profile, behind /people/")]
    Account,
}

impl FromStr for Owner {
    type Err = OwnerError;

    fn from_str(text: &str) -> Result<Self, OwnerError> {
        let (account, component) = (text.split_once("=account:"), text.split_once("=component:"));
        let (of, whose) = match (account, component) {
            (Some((of, id)), _) if is_account(id.trim()) => (of, Whose::Account(id.trim().to_owned())),
            (Some(_), _) => return Err(OwnerError::Account),
            (None, Some((of, name))) if !name.trim().is_empty() => {
                (of, Whose::Component(name.trim().to_owned()))
            }
            (None, _) => return Err(OwnerError::Form),
        };
        let of = of.trim().to_owned();
        if of.is_empty() { Err(OwnerError::Form) } else { Ok(Self { of, whose }) }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.whose {
            Whose::Account(id) => write!(f, "{}=account:{id}", self.of),
            Whose::Component(name) => write!(f, "{}=component:{name}", self.of),
        }
    }
}

impl Owner {
    fn has(&self, news: &News) -> bool {
        let place = &news.record.finding.place;
        fits(&self.of, place.target.as_str()) || names(&self.of, &news.record.finding.rule)
    }

    fn account(&self) -> Option<&str> {
        match &self.whose {
            Whose::Account(id) => Some(id),
            Whose::Component(_) => None,
        }
    }

    fn component(&self) -> Option<&str> {
        match &self.whose {
            Whose::Component(name) => Some(name),
            Whose::Account(_) => None,
        }
    }
}

impl Jira {
    /// The account that owns a finding: the first that fits.
    #[must_use]
    pub fn account_of(&self, news: &News) -> Option<&str> {
        self.owners.iter().filter(|owner| owner.has(news)).find_map(Owner::account)
    }

    /// The component that a finding belongs to: the first that fits.
    #[must_use]
    pub fn component_of(&self, news: &News) -> Option<&str> {
        self.owners.iter().filter(|owner| owner.has(news)).find_map(Owner::component)
    }
}

/// Who is to mend these, as a person said who knows an account: of several findings the worst that is open decides.
#[must_use]
pub fn assigned<'a>(members: &[&'a News]) -> Option<&'a str> {
    let open = members.iter().filter(|news| news.is_open());
    open.filter_map(|news| news.assignee.as_deref()).find(|name| is_account(name))
}

/// Whether a name is the id of an account at Atlassian: `5b10a2844c20165700ede21g`, or
/// `557058:f58131cb-b67d-43c7-b30d-6b58d40bd077`.
#[must_use]
pub fn is_account(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let has_both =
        name.contains(|c: char| c.is_ascii_digit()) && name.contains(|c: char| c.is_ascii_lowercase());
    let (last, before) = name.rsplit_once(':').map_or((name, None), |(before, last)| (last, Some(before)));
    match before {
        None => last.len() == 24 && has_both && last.chars().all(plain),
        Some(before) => {
            let parts: Vec<usize> = last.split('-').map(str::len).collect();
            name.len() <= 128
                && parts == [8, 4, 4, 4, 12]
                && last.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
                && !before.is_empty()
                && before.chars().all(|c| plain(c) || matches!(c, '-' | ':'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tests::{news, project};

    const ANN: &str = "5b10a2844c20165700ede21g";
    const BOB: &str = "557058:f58131cb-b67d-43c7-b30d-6b58d40bd077";

    #[test]
    fn an_account_is_told_from_a_name() {
        for id in [ANN, BOB, "qm:713dc542-0757-4350-8631-8bc4ee1bd4ea:f58131cb-b67d-43c7-b30d-6b58d40bd077"] {
            assert!(is_account(id), "{id}");
        }
        for name in
            ["", "ann", "ann@acme.example", "the-platform-team-of-acm", "5B10A2844C20165700EDE21G", "x:1-2"]
        {
            assert!(!is_account(name), "{name}");
        }
    }

    #[test]
    fn an_owner_is_read_and_written_the_same() {
        for text in [
            format!("auth0:acme.eu.auth0.com=account:{BOB}"),
            "auth0.attack-protection=component:Identity = all".to_owned(),
            "*=component:Rest".to_owned(),
        ] {
            assert_eq!(text.parse::<Owner>().unwrap().to_string(), text);
        }
        let wrong = |text: &str| text.parse::<Owner>().unwrap_err();
        for text in ["", "auth0:acme", "=component:x", "x=component: ", "x=team:y"] {
            assert_eq!(wrong(text), OwnerError::Form, "{text}");
        }
        assert_eq!(wrong("x=account:ann"), OwnerError::Account);
    }

    #[test]
    fn of_owners_the_first_that_fits_decides_for_each_part() {
        let owners = |texts: &[&str]| Jira {
            owners: texts.iter().map(|text| text.parse().unwrap()).collect(),
            ..project()
        };
        let (ann, bob) = (format!("auth0:acme*=account:{ANN}"), format!("*=account:{BOB}"));
        let jira =
            owners(&["github=component:Code", &ann, &bob, "auth0.a=component:Identity", "*=component:Rest"]);
        let of = |rule: &str| {
            let news = news(rule, "c", "x", None);
            (jira.account_of(&news).map(str::to_owned), jira.component_of(&news).map(str::to_owned))
        };
        let both = |account: &str, component: &str| (Some(account.to_owned()), Some(component.to_owned()));
        assert_eq!(of("auth0.a.b"), both(ANN, "Identity"));
        assert_eq!(of("auth0.ab.c"), both(ANN, "Rest"));
        assert_eq!(of("github.x"), both(ANN, "Code"));
        assert_eq!(owners(&["github=component:Code"]).component_of(&news("auth0.a.b", "c", "x", None)), None);
    }

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
