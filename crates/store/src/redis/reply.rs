//! Reads answers piece by piece; what does not fit is [`StoreError::Corrupt`], never a panic.

use deadpool_redis::redis::{RedisResult, Value};

use super::error::corrupt;
use crate::error::StoreError;

type Result<T> = std::result::Result<T, StoreError>;

/// The pieces of an answer that is a list, read in order.
pub(super) struct Items(std::vec::IntoIter<Value>);

impl Items {
    pub(super) fn of(value: Value) -> Result<Self> {
        match value {
            Value::Array(values) => Ok(Self(values.into_iter())),
            Value::Nil => Ok(Self(Vec::new().into_iter())),
            other => Err(corrupt(format!("expected a list, got {other:?}"))),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn next(&mut self) -> Result<Value> {
        self.0.next().ok_or_else(|| corrupt("an answer is shorter than it should be"))
    }

    pub(super) fn text(&mut self) -> Result<String> {
        text(self.next()?)
    }

    pub(super) fn bytes(&mut self) -> Result<Option<Vec<u8>>> {
        match self.next()? {
            Value::Nil => Ok(None),
            other => bytes(other).map(Some),
        }
    }

    pub(super) fn int(&mut self) -> Result<i64> {
        int(self.next()?)
    }

    pub(super) fn value(&mut self) -> Result<Value> {
        self.next()
    }

    /// A field of a hash; none when it is missing, as all are behind the last that is there.
    pub(super) fn maybe_bytes(&mut self) -> Result<Option<Vec<u8>>> {
        match self.0.next() {
            None | Some(Value::Nil) => Ok(None),
            Some(other) => bytes(other).map(Some),
        }
    }

    /// The same of one that is text.
    pub(super) fn maybe_text(&mut self) -> Result<Option<String>> {
        self.maybe_bytes()?.map(|field| String::from_utf8(field).map_err(|_| not_text())).transpose()
    }

    /// The same of one that is a number.
    pub(super) fn maybe<T: TryFrom<i64>>(&mut self, name: &str) -> Result<Option<T>> {
        let Some(field) = self.maybe_bytes()? else { return Ok(None) };
        let text = std::str::from_utf8(&field).map_err(|_| not_text())?;
        number(text).map(Some).ok_or_else(|| no_number(name, text))
    }

    /// The same of one that counts: zero until it does.
    pub(super) fn count<T: TryFrom<i64> + Default>(&mut self, name: &str) -> Result<T> {
        Ok(self.maybe(name)?.unwrap_or_default())
    }

    pub(super) fn items(&mut self) -> Result<Self> {
        Self::of(self.next()?)
    }

    pub(super) fn fields(&mut self) -> Result<Fields> {
        Fields::of(self.next()?)
    }

    /// Everything left, each read by `read`.
    pub(super) fn each<T>(self, read: impl Fn(Value) -> Result<T>) -> Result<Vec<T>> {
        // Collected with its errors it would not know how many there are.
        let mut all = Vec::with_capacity(self.0.len());
        for value in self.0 {
            all.push(read(value)?);
        }
        Ok(all)
    }
}

/// A hash: names and values in turn, looked at where they came in.
pub(super) struct Fields(Vec<Value>);

impl Fields {
    pub(super) fn of(value: Value) -> Result<Self> {
        let fields: Vec<Value> = Items::of(value)?.0.collect();
        if !fields.len().is_multiple_of(2) {
            return Err(corrupt("an answer is shorter than it should be"));
        }
        match fields.iter().find(|piece| !matches!(piece, Value::BulkString(_))) {
            Some(other) => Err(corrupt(format!("expected text, got {other:?}"))),
            None => Ok(Self(fields)),
        }
    }

    /// Each name with its value; there is nothing else, as was seen when it was made.
    fn pairs(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.chunks_exact(2).filter_map(|pair| match pair {
            [Value::BulkString(name), Value::BulkString(value)] => Some((name.as_slice(), value.as_slice())),
            _ => None,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        self.pairs().find(|(field, _)| *field == name.as_bytes()).map(|(_, value)| value)
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>> {
        let read =
            |value| std::str::from_utf8(value).map_err(|_| corrupt(format!("field '{name}' is not text")));
        self.get(name).map(read).transpose()
    }

    pub(super) fn needed(&self, name: &str) -> Result<&str> {
        self.text(name)?.ok_or_else(|| corrupt(format!("field '{name}' is missing")))
    }

    /// A number; zero when it is missing, as counters are until they count.
    pub(super) fn number<T: TryFrom<i64> + Default>(&self, name: &str) -> Result<T> {
        Ok(self.maybe(name)?.unwrap_or_default())
    }

    pub(super) fn maybe<T: TryFrom<i64>>(&self, name: &str) -> Result<Option<T>> {
        self.text(name)?.map(|text| number(text).ok_or_else(|| no_number(name, text))).transpose()
    }

    /// Fields whose names begin with `prefix`, by the rest of their names.
    pub(super) fn beginning<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = Result<(&'a str, &'a [u8])>> {
        self.pairs().filter_map(move |(name, value)| {
            let rest = std::str::from_utf8(name.strip_prefix(prefix.as_bytes())?);
            Some(rest.map(|rest| (rest, value)).map_err(|_| corrupt("a field's name is not text")))
        })
    }
}

/// The server's refusal comes as a value. Scripts of ours answer with none inside a list.
pub(super) fn checked(value: Value) -> RedisResult<Value> {
    match value {
        Value::ServerError(error) => Err(error.into()),
        value => Ok(value),
    }
}

pub(super) fn bytes(value: Value) -> Result<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        Value::SimpleString(text) => Ok(text.into_bytes()),
        Value::Int(number) => Ok(number.to_string().into_bytes()),
        other => Err(corrupt(format!("expected text, got {other:?}"))),
    }
}

pub(super) fn text(value: Value) -> Result<String> {
    String::from_utf8(bytes(value)?).map_err(|_| not_text())
}

fn not_text() -> StoreError {
    corrupt("an answer is not text")
}

fn number<T: TryFrom<i64>>(text: &str) -> Option<T> {
    text.parse::<i64>().ok().and_then(|number| T::try_from(number).ok())
}

fn no_number(name: &str, text: &str) -> StoreError {
    corrupt(format!("field '{name}' is '{text}', no number that fits"))
}

pub(super) fn int(value: Value) -> Result<i64> {
    match value {
        Value::Int(number) => Ok(number),
        other => text(other)?.parse().map_err(|_| corrupt("an answer is no number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    #[test]
    fn missing_counters_are_zero_and_nonsense_is_named() {
        let fields =
            Fields::of(Value::Array(vec![bulk("a"), bulk("7"), bulk("b"), bulk("x")])).expect("fields");
        assert_eq!(fields.number::<u32>("a"), Ok(7));
        assert_eq!(fields.number::<u32>("none"), Ok(0));
        assert!(fields.number::<u32>("b").expect_err("no number").to_string().contains("'b'"));
        assert!(fields.needed("none").is_err());
    }

    #[test]
    fn what_is_cut_is_refused() {
        let mut items = Items::of(Value::Array(vec![])).expect("items");
        assert!(items.text().is_err());
        assert!(Items::of(Value::Int(1)).is_err());
        assert!(Fields::of(Value::Array(vec![bulk("a")])).is_err());
    }
}
