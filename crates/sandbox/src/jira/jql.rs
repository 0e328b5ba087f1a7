//! Jira's query language, as much of it as finds tickets again.

use std::time::Duration;

use checkmate_domain::Timestamp;

use super::model::{Issue, Project};
use super::{ACCOUNT, Jira};

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Query {
    condition: Condition,
    /// Fields, and whether the last comes first.
    order: Vec<(String, bool)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Is { field: String, operator: String, values: Vec<String> },
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    /// In quotation marks: never a keyword.
    Quoted(String),
    Sign(String),
}

impl Token {
    fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    fn sign(&self, sign: &str) -> bool {
        matches!(self, Self::Sign(one) if one == sign)
    }
}

/// Reads a query; says what is wrong with it as Jira does.
pub(super) fn read(text: &str) -> Result<Query, String> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0 };
    if reader.peek().is_none_or(|token| token.is("order")) {
        let text =
            "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.";
        return Err(text.to_owned());
    }
    let condition = reader.any()?;
    let order = reader.order()?;
    match reader.peek() {
        None => Ok(Query { condition, order }),
        Some(_) => Err(reader.wrong()),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let (mut tokens, mut rest) = (Vec::new(), text.trim_start());
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => {
                let end = rest[1..].find(first);
                let end = end.ok_or("Error in the JQL Query: The quoted string has not been completed.")?;
                tokens.push(Token::Quoted(rest[1..=end].to_owned()));
                end + 2
            }
            '(' | ')' | ',' => {
                tokens.push(Token::Sign(first.to_string()));
                1
            }
            '=' | '!' | '<' | '>' | '~' => {
                let length = rest.find(|c| !"=!<>~".contains(c)).unwrap_or(rest.len());
                tokens.push(Token::Sign(rest[..length].to_owned()));
                length
            }
            _ => {
                let ends = |c: char| c.is_whitespace() || "=!<>~,\"'".contains(c) || c == ')';
                let mut length = rest.find(ends).unwrap_or(rest.len());
                // `currentUser()` is one word; `in(` is two.
                if let Some(place) = rest[..length].find('(') {
                    length = if rest[place..].starts_with("()") { place + 2 } else { place };
                }
                tokens.push(Token::Word(rest[..length].to_owned()));
                length
            }
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn takes(&mut self, fits: impl Fn(&Token) -> bool) -> bool {
        let fits = self.peek().is_some_and(fits);
        self.at += usize::from(fits);
        fits
    }

    fn wrong(&self) -> String {
        match self.peek() {
            None => "Error in the JQL Query: Unexpected end of query.".to_owned(),
            Some(Token::Word(text) | Token::Quoted(text) | Token::Sign(text)) => {
                format!("Error in the JQL Query: Expecting operator but got '{text}'.")
            }
        }
    }

    fn any(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.all()?];
        while self.takes(|token| token.is("or")) {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::Any(parts) })
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.one()?];
        while self.takes(|token| token.is("and")) {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) })
    }

    fn one(&mut self) -> Result<Condition, String> {
        if self.takes(|token| token.is("not")) {
            return Ok(Condition::Not(Box::new(self.one()?)));
        }
        if self.takes(|token| token.sign("(")) {
            let inner = self.any()?;
            return if self.takes(|token| token.sign(")")) { Ok(inner) } else { Err(self.wrong()) };
        }
        let field = self.value()?.to_ascii_lowercase();
        let operator = self.operator()?;
        let values = if operator.ends_with("in") { self.list()? } else { vec![self.value()?] };
        Ok(Condition::Is { field, operator, values })
    }

    fn operator(&mut self) -> Result<String, String> {
        for (words, operator) in
            [(["not", "in"], "not in"), (["is", "not"], "is not"), (["is", ""], "is"), (["in", ""], "in")]
        {
            let fits = |place: usize| {
                words[place].is_empty()
                    || self.tokens.get(self.at + place).is_some_and(|token| token.is(words[place]))
            };
            if fits(0) && fits(1) {
                self.at += words.iter().filter(|word| !word.is_empty()).count();
                return Ok(operator.to_owned());
            }
        }
        match self.peek() {
            Some(Token::Sign(sign))
                if ["=", "!=", ">", ">=", "<", "<=", "~", "!~"].contains(&sign.as_str()) =>
            {
                let sign = sign.clone();
                self.at += 1;
                Ok(sign)
            }
            _ => Err(self.wrong()),
        }
    }

    fn value(&mut self) -> Result<String, String> {
        match self.peek() {
            Some(Token::Word(text) | Token::Quoted(text)) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.wrong()),
        }
    }

    fn list(&mut self) -> Result<Vec<String>, String> {
        if !self.takes(|token| token.sign("(")) {
            return Err(self.wrong());
        }
        let mut values = vec![self.value()?];
        while self.takes(|token| token.sign(",")) {
            values.push(self.value()?);
        }
        if self.takes(|token| token.sign(")")) { Ok(values) } else { Err(self.wrong()) }
    }

    fn order(&mut self) -> Result<Vec<(String, bool)>, String> {
        let mut order = Vec::new();
        if !self.takes(|token| token.is("order")) {
            return Ok(order);
        }
        if !self.takes(|token| token.is("by")) {
            return Err(self.wrong());
        }
        loop {
            let field = self.value()?.to_ascii_lowercase();
            if !["created", "updated", "key", "issuekey", "id"].contains(&field.as_str()) {
                return Err(format!("Not able to sort using field '{field}'."));
            }
            let backwards = self.takes(|token| token.is("desc"));
            if !backwards {
                self.takes(|token| token.is("asc"));
            }
            order.push((field, backwards));
            if !self.takes(|token| token.sign(",")) {
                return Ok(order);
            }
        }
    }
}

impl Query {
    /// What is asked for and is not there, as Jira says it.
    pub(super) fn unknown(&self, jira: &Jira, now: Timestamp) -> Option<String> {
        self.condition.unknown(jira, now)
    }

    pub(super) fn fits(&self, issue: &Issue, now: Timestamp) -> bool {
        self.condition.fits(issue, now)
    }

    /// Puts tickets in the order that was asked for; the newest first where none was.
    pub(super) fn sort(&self, issues: &mut [&Issue]) {
        issues.sort_by(|one, other| {
            for (field, backwards) in &self.order {
                let by = match field.as_str() {
                    "created" => one.created.cmp(&other.created),
                    "updated" => one.updated.cmp(&other.updated),
                    _ => one.id.cmp(&other.id),
                };
                let by = if *backwards { by.reverse() } else { by };
                if by.is_ne() {
                    return by;
                }
            }
            let first = self.order.first().is_some_and(|(_, backwards)| !backwards);
            if first { one.id.cmp(&other.id) } else { other.id.cmp(&one.id) }
        });
    }
}

impl Condition {
    fn unknown(&self, jira: &Jira, now: Timestamp) -> Option<String> {
        let (field, operator, values) = match self {
            Self::All(parts) | Self::Any(parts) => {
                return parts.iter().find_map(|one| one.unknown(jira, now));
            }
            Self::Not(part) => return part.unknown(jira, now),
            Self::Is { field, operator, values } => (field.as_str(), operator, values),
        };
        let missing = |known: &dyn Fn(&Project, &str) -> bool| {
            let unknown =
                values.iter().find(|value| !jira.projects.iter().any(|project| known(project, value)));
            unknown.map(|value| format!("The value '{value}' does not exist for the field '{field}'."))
        };
        let text = matches!(operator.as_str(), "=" | "!=" | "in" | "not in");
        match field {
            "project" if text => missing(&|project, value| is_project(project, value)),
            "status" if text => missing(&|project, value| {
                project.statuses.iter().any(|one| one.name.eq_ignore_ascii_case(value))
            }),
            "issuetype" | "type" if text => missing(&|project, value| {
                project.issue_types.values().any(|one| one.eq_ignore_ascii_case(value))
            }),
            "created" | "updated" if !operator.contains('i') && !operator.contains('~') => {
                let bad = values.iter().find(|value| time(value, now).is_none());
                bad.map(|value| format!("Date value '{value}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."))
            }
            "statuscategory" | "key" | "issuekey" | "issue" | "id" if text => None,
            "labels" | "assignee" if text || operator.starts_with("is") => None,
            "reporter" | "creator" if text => None,
            "summary" if operator.contains('~') => None,
            "project" | "status" | "issuetype" | "type" | "created" | "updated" | "statuscategory"
            | "key" | "issuekey" | "issue" | "id" | "labels" | "assignee" | "reporter" | "creator"
            | "summary" => {
                Some(format!("The operator '{operator}' is not supported by the '{field}' field."))
            }
            _ => Some(format!("Field '{field}' does not exist or you do not have permission to view it.")),
        }
    }

    fn fits(&self, issue: &Issue, now: Timestamp) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|one| one.fits(issue, now)),
            Self::Any(parts) => parts.iter().any(|one| one.fits(issue, now)),
            Self::Not(part) => !part.fits(issue, now),
            Self::Is { field, operator, values } => holds(issue, field, operator, values, now),
        }
    }
}

fn holds(issue: &Issue, field: &str, operator: &str, values: &[String], now: Timestamp) -> bool {
    let among = |own: &[&str]| {
        let one = values.iter().any(|value| own.iter().any(|own| own.eq_ignore_ascii_case(value)));
        if operator.contains("not") || operator == "!=" { !own.is_empty() && !one } else { one }
    };
    let id = issue.id.to_string();
    match field {
        "project" => among(&[&issue.project]),
        "key" | "issuekey" | "issue" => among(&[&issue.key, &id]),
        "id" => among(&[&id]),
        "status" => among(&[&issue.status]),
        "issuetype" | "type" => among(&[&issue.issue_type]),
        "statuscategory" => {
            among(&[issue.category.key(), issue.category.shown().1, &issue.category.shown().0.to_string()])
        }
        "reporter" | "creator" => {
            let own = if issue.creator == ACCOUNT { "currentUser()" } else { &issue.creator };
            among(&[&issue.creator, own])
        }
        "labels" | "assignee" if operator.starts_with("is") => {
            let empty = issue
                .fields
                .get(field)
                .is_none_or(|value| value.is_null() || value == &serde_json::json!([]));
            empty != operator.contains("not")
        }
        "labels" => {
            let labels = issue.labels();
            let one = values.iter().any(|value| labels.contains(&value.as_str()));
            if operator.contains("not") || operator == "!=" { !labels.is_empty() && !one } else { one }
        }
        "assignee" => {
            let own =
                issue.fields.get("assignee").and_then(|one| one["accountId"].as_str().or(one["id"].as_str()));
            own.is_some_and(|own| among(&[own, if own == ACCOUNT { "currentUser()" } else { own }]))
        }
        "summary" => {
            values.iter().any(|value| issue.summary().to_lowercase().contains(&value.to_lowercase()))
        }
        "created" | "updated" => {
            let own = if field == "created" { issue.created } else { issue.updated };
            values.iter().filter_map(|value| time(value, now)).any(|asked| compared(own, operator, asked))
        }
        _ => false,
    }
}

fn compared(own: Timestamp, operator: &str, asked: Timestamp) -> bool {
    match operator {
        ">" => own > asked,
        ">=" => own >= asked,
        "<" => own < asked,
        "<=" => own <= asked,
        "!=" => own != asked,
        _ => own == asked,
    }
}

fn is_project(project: &Project, value: &str) -> bool {
    [&project.key, &project.id, &project.name].iter().any(|own| own.eq_ignore_ascii_case(value))
}

/// A time: `-60m` before now, or a day with or without hours and minutes.
fn time(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Some(period) = text.strip_prefix('-') {
        let number: u64 = period.get(..period.len().checked_sub(1)?)?.parse().ok()?;
        let unit = match period.chars().last()? {
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        return Some(now.minus(Duration::from_secs(number.checked_mul(unit)?)));
    }
    let text = text.replace('/', "-");
    let (day, minute) = text.split_once(' ').unwrap_or((&text, "00:00"));
    format!("{day}T{minute}:00Z").parse().ok()
}
