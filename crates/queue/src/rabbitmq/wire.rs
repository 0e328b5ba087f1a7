//! Our messages in AMQP's form and back: destinations, properties, headers, and how a message died.

use std::collections::BTreeMap;
use std::sync::Arc;

use checkmate_domain::{TraceParent, trace};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};

use crate::contract::{Death, Destination, Outgoing};
use crate::names::{EXCHANGE_DEAD, EXCHANGE_EVENTS, EXCHANGE_WORK, HEADER_REASON, Queue, retry_level};

/// How often it was put off.
const HEADER_RETRIES: &str = "checkmate-retries";
/// The queue a message was on when we gave it up.
const HEADER_DEAD_QUEUE: &str = "checkmate-dead-queue";
/// Why we gave it up.
const HEADER_DEAD_REASON: &str = "checkmate-dead-reason";
/// Whether the broker gave it up, kept when the letter itself is put off.
const HEADER_DEAD_BY_BROKER: &str = "checkmate-dead-by-broker";
/// The longest reason kept; longer ones are cut.
const MAX_REASON: usize = 1_000;
/// Bytes of a message's own headers that a copy of it keeps.
const MAX_HEADERS: usize = 8 * 1024;
/// Written by the broker. Copied into a new message they would be taken for that message's own history, and RabbitMQ
/// before 4.0 drops a message whose copied `x-death` looks like a cycle.
const BROKER_HEADERS: [&str; 5] =
    ["x-death", "x-first-death-", "x-last-death-", "x-delivery-count", "x-acquired-count"];

/// A message ready to be written.
pub(super) struct Prepared {
    pub(super) route: Route,
    pub(super) mandatory: bool,
    pub(super) body: Body,
    pub(super) properties: BasicProperties,
}

/// What tells one message of a channel from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Route {
    pub(super) exchange: ShortString,
    pub(super) key: ShortString,
    pub(super) id: Option<ShortString>,
}

impl Route {
    /// As messages for people name it.
    pub(super) fn to(&self) -> String {
        format!("{}/{}", self.exchange, self.key)
    }
}

/// Owned by the publisher or shared with a message in hand.
pub(super) enum Body {
    Owned(Vec<u8>),
    Shared(Arc<[u8]>),
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

/// Fails with the exchange and key when a name or id does not fit AMQP's 255 bytes.
pub(super) fn prepare(message: Outgoing, user: &ShortString) -> Result<Prepared, String> {
    let Outgoing { to, id, body, cause, headers } = message;
    let (exchange, key, mandatory) = match to {
        Destination::Work(lane) => (EXCHANGE_WORK, Queue::of_lane(lane).name().to_owned(), true),
        Destination::Queue(queue) => (EXCHANGE_WORK, queue.name().to_owned(), true),
        Destination::Event { kind, must_route } => (EXCHANGE_EVENTS, kind, must_route),
    };
    let short = |text: String| {
        ShortString::try_new(text).map_err(|_| format!("{exchange} (an id or key beyond 255 bytes)"))
    };
    let (key, id) = (short(key)?, short(id)?);
    let mut table = BTreeMap::new();
    for (name, value) in headers {
        table.insert(short(name)?, AMQPValue::LongString(value.into()));
    }
    if let Some(cause) = cause {
        table.insert(trace::HEADER.into(), AMQPValue::LongString(cause.to_string().into()));
    }
    let properties = own_properties(user, table.into()).with_message_id(id.clone());
    let route = Route { exchange: exchange.into(), key, id: Some(id) };
    Ok(Prepared { route, mandatory, body: Body::Owned(body), properties })
}

fn own_properties(user: &ShortString, headers: FieldTable) -> BasicProperties {
    const PERSISTENT: u8 = 2;
    BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_user_id(user.clone())
        .with_content_type("application/json".into())
        .with_headers(headers)
}

/// The copy that waits on the ladder and comes back to `queue`.
pub(super) fn put_off(
    original: &BasicProperties,
    body: Arc<[u8]>,
    queue: Queue,
    after: std::time::Duration,
    reason: &str,
    user: &ShortString,
) -> Prepared {
    let mut headers = kept_headers(original);
    let retries = text(headers.get(HEADER_RETRIES)).and_then(|count| count.parse::<u32>().ok()).unwrap_or(0);
    set(&mut headers, HEADER_RETRIES, &retries.saturating_add(1).to_string());
    set(&mut headers, HEADER_REASON, reason);
    match death(queue, original) {
        // What the broker wrote is stripped, so it is said in our own words now.
        Some(death) => set_death(&mut headers, &death),
        None => forget_death(&mut headers),
    }
    let exchange = retry_exchange(retry_level(after).0);
    copy(original, headers, body, exchange.into(), queue.name().into(), user)
}

/// The copy that goes to the dead letters.
pub(super) fn give_up(
    original: &BasicProperties,
    body: Arc<[u8]>,
    queue: Queue,
    reason: &str,
    user: &ShortString,
) -> Prepared {
    let mut headers = kept_headers(original);
    let death = Death { queue: queue.name().to_owned(), reason: reason.to_owned(), by_broker: false };
    set_death(&mut headers, &death);
    copy(original, headers, body, EXCHANGE_DEAD.into(), queue.name().into(), user)
}

/// The fanout exchange and the queue of a step of the ladder have one name.
pub(super) fn retry_exchange(level: &str) -> String {
    format!("checkmate.retry.{level}")
}

fn copy(
    original: &BasicProperties,
    headers: BTreeMap<ShortString, AMQPValue>,
    body: Arc<[u8]>,
    exchange: ShortString,
    key: ShortString,
    user: &ShortString,
) -> Prepared {
    let mut properties = own_properties(user, headers.into());
    if let Some(kind) = original.content_type() {
        properties = properties.with_content_type(kind.clone());
    }
    if let Some(id) = original.message_id() {
        properties = properties.with_message_id(id.clone());
    }
    if let Some(id) = original.correlation_id() {
        properties = properties.with_correlation_id(id.clone());
    }
    let route = Route { exchange, key, id: original.message_id().clone() };
    Prepared { route, mandatory: true, body: Body::Shared(body), properties }
}

/// What a copy keeps of the headers: nothing of the broker's, and of anybody's not more than goes into one frame with what
/// we add, or the copy could never be written and the message would come again for ever.
fn kept_headers(original: &BasicProperties) -> BTreeMap<ShortString, AMQPValue> {
    let Some(headers) = original.headers() else { return BTreeMap::new() };
    let mut room = MAX_HEADERS;
    let mut kept = BTreeMap::new();
    for (name, value) in headers.into_iter().filter(|(name, _)| !is_the_brokers(name.as_str())) {
        let Some(size) = size(value).map(|size| size + name.as_str().len()) else { continue };
        if size <= room {
            room -= size;
            kept.insert(name.clone(), value.clone());
        }
    }
    kept
}

/// About the bytes of a plain value; lists and tables are nothing of ours.
fn size(value: &AMQPValue) -> Option<usize> {
    match value {
        AMQPValue::LongString(text) => Some(text.as_bytes().len()),
        AMQPValue::FieldArray(_) | AMQPValue::FieldTable(_) | AMQPValue::ByteArray(_) => None,
        _ => Some(16),
    }
}

fn is_the_brokers(name: &str) -> bool {
    BROKER_HEADERS.iter().any(|prefix| name.starts_with(prefix))
}

fn set(headers: &mut BTreeMap<ShortString, AMQPValue>, name: &'static str, value: &str) {
    let value: String = value.chars().take(MAX_REASON).collect();
    headers.insert(name.into(), AMQPValue::LongString(value.into()));
}

fn set_death(headers: &mut BTreeMap<ShortString, AMQPValue>, death: &Death) {
    set(headers, HEADER_DEAD_QUEUE, &death.queue);
    set(headers, HEADER_DEAD_REASON, &death.reason);
    set(headers, HEADER_DEAD_BY_BROKER, if death.by_broker { "yes" } else { "no" });
}

fn forget_death(headers: &mut BTreeMap<ShortString, AMQPValue>) {
    headers.remove(HEADER_DEAD_QUEUE);
    headers.remove(HEADER_DEAD_REASON);
    headers.remove(HEADER_DEAD_BY_BROKER);
}

/// What caused it, and the other text headers without the broker's own.
pub(super) fn headers(properties: &BasicProperties) -> (Option<TraceParent>, BTreeMap<String, String>) {
    let (mut cause, mut texts) = (None, BTreeMap::new());
    for (name, value) in properties.headers().iter().flatten() {
        match value {
            AMQPValue::LongString(text) if name.as_str() == trace::HEADER => {
                cause = std::str::from_utf8(text.as_bytes()).ok().and_then(|text| text.parse().ok());
            }
            value if !is_the_brokers(name.as_str()) => {
                texts.extend(text(Some(value)).map(|text| (name.to_string(), text)));
            }
            _ => {}
        }
    }
    (cause, texts)
}

fn text(value: Option<&AMQPValue>) -> Option<String> {
    match value? {
        AMQPValue::LongString(text) => String::from_utf8(text.as_bytes().to_vec()).ok(),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        _ => None,
    }
}

/// How a message came to the dead queue: our own words when we gave it up, otherwise the broker's, made readable.
pub(super) fn death(queue: Queue, properties: &BasicProperties) -> Option<Death> {
    if queue != Queue::Dead {
        return None;
    }
    let headers = properties.headers().as_ref()?.inner();
    let own = |name| text(headers.get(name));
    if let (Some(queue), Some(reason)) = (own(HEADER_DEAD_QUEUE), own(HEADER_DEAD_REASON)) {
        let by_broker = own(HEADER_DEAD_BY_BROKER).is_some_and(|word| word == "yes");
        return Some(Death { queue, reason, by_broker });
    }
    broker_death(headers.get("x-death")?)
}

/// The newest entry of `x-death` that is no step of the ladder.
fn broker_death(deaths: &AMQPValue) -> Option<Death> {
    let AMQPValue::FieldArray(deaths) = deaths else { return None };
    deaths.as_slice().iter().find_map(|entry| {
        let AMQPValue::FieldTable(entry) = entry else { return None };
        let queue = text(entry.inner().get("queue"))?;
        let reason = readable(&text(entry.inner().get("reason"))?);
        (!queue.starts_with("checkmate.retry.")).then_some(Death { queue, reason, by_broker: true })
    })
}

fn readable(word: &str) -> String {
    match word {
        "delivery_limit" => "delivery limit reached: it was delivered and came back too often".to_owned(),
        "expired" => "message expired".to_owned(),
        "rejected" => "rejected by its consumer".to_owned(),
        "maxlen" => "the queue was full".to_owned(),
        other => format!("dead-lettered by the broker: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapin::types::FieldArray;
    use std::time::Duration;

    fn table(entries: &[(&str, AMQPValue)]) -> FieldTable {
        entries.iter().map(|(k, v)| (ShortString::from(*k), v.clone())).collect::<BTreeMap<_, _>>().into()
    }

    fn long(text: &str) -> AMQPValue {
        AMQPValue::LongString(text.into())
    }

    fn x_death(entries: &[(&str, &str)]) -> AMQPValue {
        let entry = |(queue, reason): &(&str, &str)| {
            AMQPValue::FieldTable(table(&[
                ("queue", long(queue)),
                ("reason", long(reason)),
                ("count", 2i64.into()),
            ]))
        };
        AMQPValue::FieldArray(FieldArray::from(entries.iter().map(entry).collect::<Vec<_>>()))
    }

    fn from_broker() -> BasicProperties {
        BasicProperties::default().with_message_id("m".into()).with_expiration("5000".into()).with_headers(
            table(&[
                (
                    "x-death",
                    x_death(&[("checkmate.retry.1s", "expired"), ("checkmate.scan.bulk", "delivery_limit")]),
                ),
                ("x-first-death-queue", long("q")),
                ("x-last-death-reason", long("r")),
                ("x-delivery-count", 4i64.into()),
                ("traceparent", long("t")),
                ("number", 7i32.into()),
            ]),
        )
    }

    fn names(prepared: &Prepared) -> Vec<String> {
        let headers = prepared.properties.headers().as_ref().expect("headers");
        headers.inner().keys().map(ToString::to_string).collect()
    }

    #[test]
    fn the_brokers_history_is_read_and_never_copied() {
        let death = death(Queue::Dead, &from_broker()).expect("it died");
        assert_eq!(death.queue, "checkmate.scan.bulk");
        assert!(death.reason.contains("delivery limit"), "{}", death.reason);
        let user = ShortString::from("worker");
        let copy =
            put_off(&from_broker(), Arc::from([]), Queue::ScanBulk, Duration::from_secs(5), "why", &user);
        assert_eq!(names(&copy), [HEADER_REASON, HEADER_RETRIES, "number", "traceparent"]);
        assert_eq!(copy.route.to(), "checkmate.retry.10s/checkmate.scan.bulk");
        assert_eq!(copy.properties.expiration(), &None, "it would expire on the ladder");
        assert_eq!(copy.properties.user_id(), &Some(user));
    }

    #[test]
    fn a_cause_is_read_where_somebody_says_it_in_its_form() {
        let said = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let read = |value| {
            headers(
                &BasicProperties::default().with_headers(table(&[("traceparent", value), ("a", long("b"))])),
            )
        };
        let (cause, others) = read(long(said));
        assert_eq!(cause.map(|cause| cause.to_string()).as_deref(), Some(said));
        assert_eq!(others, BTreeMap::from([("a".to_owned(), "b".to_owned())]));
        for odd in [long("00-x-y-01"), AMQPValue::LongString(vec![0xFF, 0xFE].into()), 7i64.into()] {
            assert_eq!(read(odd).0, None);
        }
        let (cause, _) = read(long(&format!("{}-more", said.replacen("00", "01", 1))));
        assert!(cause.is_some(), "of a newer form the parts that every form has");
    }

    #[test]
    fn retries_count_and_reasons_are_bounded() {
        let user = ShortString::from("worker");
        let mut properties = from_broker();
        for round in 1..4u32 {
            let copy = put_off(
                &properties,
                Arc::from([]),
                Queue::Results,
                Duration::ZERO,
                &"x".repeat(5_000),
                &user,
            );
            let (_, headers) = headers(&copy.properties);
            assert_eq!(headers[HEADER_RETRIES], round.to_string());
            assert_eq!(headers[HEADER_REASON].len(), MAX_REASON);
            properties = copy.properties;
        }
    }

    #[test]
    fn headers_beyond_a_frame_are_left_behind() {
        let huge = from_broker().with_headers(table(&[
            ("a-list", AMQPValue::FieldArray(FieldArray::from(vec![long("x")]))),
            ("huge", long(&"x".repeat(100_000))),
            ("small", long("kept")),
        ]));
        let copy = give_up(&huge, Arc::from([]), Queue::Results, &"r".repeat(9_000), &"worker".into());
        let kept = names(&copy);
        assert!(kept.iter().any(|name| name == "small"), "{kept:?}");
        assert!(!kept.iter().any(|name| name == "huge" || name == "a-list"), "{kept:?}");
        let bytes: usize =
            headers(&copy.properties).1.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert!(bytes < 16 * 1024, "{bytes}");
    }

    #[test]
    fn a_dead_letter_put_off_keeps_its_death_and_a_revived_one_does_not() {
        let user = ShortString::from("keeper");
        let off = put_off(&from_broker(), Arc::from([]), Queue::Dead, Duration::ZERO, "store away", &user);
        let still = death(Queue::Dead, &off.properties).expect("still dead");
        assert_eq!(still.queue, "checkmate.scan.bulk");
        let own = give_up(&off.properties, Arc::from([]), Queue::Results, "garbage", &user);
        let died = death(Queue::Dead, &own.properties).expect("died again");
        assert_eq!((died.queue.as_str(), died.reason.as_str()), ("checkmate.results", "garbage"));
        let alive = put_off(&own.properties, Arc::from([]), Queue::ScanBulk, Duration::ZERO, "later", &user);
        assert_eq!(death(Queue::Dead, &alive.properties), None);
        assert_eq!(death(Queue::ScanBulk, &own.properties), None, "only the dead queue has the dead");
    }

    #[test]
    fn names_beyond_amqp_are_refused_and_do_not_panic() {
        let user = ShortString::from("worker");
        let long = "x".repeat(256);
        let to = || Destination::Queue(Queue::Results);
        assert!(prepare(Outgoing::new(to(), &*long, Vec::new()), &user).is_err());
        let kind = Destination::Event { kind: long.clone(), must_route: true };
        assert!(prepare(Outgoing::new(kind, "id", Vec::new()), &user).is_err());
        let mut message = Outgoing::new(to(), "id", Vec::new());
        message.headers.insert(long, String::new());
        assert!(prepare(message, &user).is_err());
    }
}
