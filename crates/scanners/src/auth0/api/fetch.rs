//! Asks a tenant everything, within its limits.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use checkmate_domain::{Scopes, Timestamp};
use checkmate_outbound::BudgetKey;

use super::answers::{Answered, LACKS};
use super::endpoints::{self, DETAILS, Detail, Endpoint, Paging, TEMPLATES};
use super::pace::{Class, Pacer, Plan};
use super::redact;
use crate::api::{Api, ApiError};
use crate::auth0::node::Node;
use crate::auth0::source::Collection;
use crate::contract::ScanError;

/// Calls at a time.
const AT_ONCE: usize = 16;
/// Objects in an answer.
const PAGE: u64 = 100;
/// Answers of one list: 100,000 objects.
const MOST_PAGES: u64 = 1_000;
/// Bytes of one list; a tenant of 10,000 applications has a tenth of it.
const MOST_BYTES: u64 = 256 << 20;
/// Objects of one kind that one more call is made for in one job.
const MOST_DETAILS: usize = 300;
/// Times that a call which is told to wait is made again.
const PATIENCE: u32 = 8;
/// All waits of a call for its turn within what everybody may ask together.
const LONGEST_QUEUE: Duration = Duration::from_mins(8);
/// The longest wait that is waited in the job; beyond it what is asked is not assessed.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

pub(super) struct Fetch<'a> {
    pub(super) api: Api<'a>,
    pub(super) domain: &'a str,
    /// RFC 3339.
    pub(super) taken_at: String,
    /// What the token may; empty when nobody said.
    pub(super) granted: Scopes,
    pacer: Pacer,
    budget: BudgetKey,
    pub(super) bytes: AtomicU64,
    /// Calls that were made again.
    pub(super) retries: AtomicU64,
}

impl<'a> Fetch<'a> {
    pub(super) fn new(api: Api<'a>, domain: &'a str, granted: Scopes, plan: Plan) -> Self {
        let budget = BudgetKey::of("auth0", api.base);
        Self {
            api,
            domain,
            taken_at: Timestamp::now().to_string(),
            granted,
            pacer: Pacer::new(plan),
            budget,
            bytes: AtomicU64::new(0),
            retries: AtomicU64::new(0),
        }
    }

    /// Every answer but those about each object.
    ///
    /// # Errors
    /// When there is no credential any more. What is refused or fails is an answer.
    pub(super) async fn lists(&self) -> Result<Vec<Answered>, ScanError> {
        let mut answers = self.each(endpoints::all().map(of_endpoint).chain(self.by_name())).await?;
        answers.extend(self.each(of_triggers(&answers)).await?);
        Ok(answers)
    }

    /// What is asked of each object of the lists.
    ///
    /// # Errors
    /// As [`Self::lists`].
    pub(super) async fn objects(
        &self,
        lists: &[Answered],
        which: Which<'_>,
    ) -> Result<Vec<Answered>, ScanError> {
        self.each(DETAILS.iter().flat_map(|detail| details(detail, lists, which))).await
    }

    /// Some at a time, each to the end of its pages.
    async fn each(&self, questions: impl Iterator<Item = Question>) -> Result<Vec<Answered>, ScanError> {
        let asking: Vec<_> = questions.map(|question| self.pages(question)).collect();
        let lists: Vec<Vec<Answered>> = stream::iter(asking).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(lists.into_iter().flatten().collect())
    }

    /// What is asked by name: templates, and the newest logins.
    fn by_name(&self) -> Vec<Question> {
        let template = |name: &&str| {
            Question::one(format!("email-templates/{name}"), "read:email_templates", Class::EmailTemplates)
        };
        let mut questions: Vec<Question> = TEMPLATES.iter().map(template).collect();
        let logins = "type:(s OR f OR fs OR ss OR fu OR fp OR scoa OR fcoa OR sepft OR fepft)";
        for search in [format!("{logins} AND hostname:{}", self.domain), logins.to_owned()] {
            let query = vec![("per_page", "1".to_owned()), ("search", search)];
            questions.push(Question { query, ..Question::one("logs".to_owned(), "read:logs", Class::Logs) });
        }
        questions
    }

    async fn pages(&self, question: Question) -> Result<Vec<Answered>, ScanError> {
        let mut answers = Vec::new();
        let mut from: Option<String> = None;
        let mut read = Read::default();
        for page in 0..MOST_PAGES {
            let mut query = question.query.clone();
            match question.paging {
                Paging::One | Paging::Whole => {}
                Paging::Pages | Paging::Totals => {
                    query.extend([
                        ("page", page.to_string()),
                        ("per_page", size(question.paging).to_string()),
                    ]);
                    if question.paging == Paging::Pages {
                        query.push(("include_totals", "true".to_owned()));
                    }
                }
                Paging::Checkpoints => {
                    query.push(("take", PAGE.to_string()));
                    query.extend(from.take().map(|from| ("from", from)));
                }
            }
            let (answer, size) = self.ask(&question, &query).await?;
            from = next(&answer.body);
            let more = answer.status == 200
                && goes_on(&question, &answer.body, page, from.as_deref())
                && read.may_go_on(from.as_deref(), size);
            answers.push(answer);
            if !more {
                break;
            }
        }
        Ok(answers)
    }

    /// One answer, and its bytes.
    async fn ask(
        &self,
        question: &Question,
        query: &[(&'static str, String)],
    ) -> Result<(Answered, u64), ScanError> {
        let words: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mark = if words.is_empty() { "" } else { "?" };
        let path = format!("/api/v2/{}{mark}{}", question.path, words.join("&"));
        let without = |status, why: String| {
            (Answered { path: path.clone(), status, why: Some(why), body: Node::Null }, 0)
        };
        if !self.granted.is_empty() && !self.granted.contains(question.scope) {
            return Ok(without(0, format!("{LACKS} {}", question.scope)));
        }
        let parts: Vec<&str> = ["api", "v2"].into_iter().chain(question.path.split('/')).collect();
        let (mut tries, mut queued) = (0, Duration::ZERO);
        loop {
            self.pacer.take(question.class).await;
            let fetched = self.api.fetch(&parts, query, &self.budget).await;
            if let Ok(answer) = &fetched {
                let again = u64::from(answer.attempts.saturating_sub(1));
                self.retries.fetch_add(again, Ordering::Relaxed);
            }
            let wait = match fetched {
                Ok(answer) if answer.status == 429 => {
                    tries += 1;
                    answer.retry_after(Timestamp::now())
                }
                Ok(answer) => {
                    let bytes = answer.body.len() as u64;
                    self.bytes.fetch_add(bytes, Ordering::Relaxed);
                    return Ok(match serde_json::from_slice::<Node>(&answer.body) {
                        Ok(mut body) => {
                            redact::answer(question.path.as_str(), &mut body);
                            (Answered { path, status: answer.status, why: None, body }, bytes)
                        }
                        Err(_) if answer.status != 200 => {
                            without(answer.status, format!("HTTP {}", answer.status))
                        }
                        Err(error) => without(0, format!("the answer is no JSON ({error})")),
                    });
                }
                // Others spent what may be asked now: this call was not made, and is no try.
                Err(ApiError::RateLimited(_, wait)) => {
                    queued += wait.unwrap_or(Duration::from_secs(1)).max(Duration::from_millis(20));
                    wait
                }
                Err(ApiError::NoCredential(none)) => return Err(none.into()),
                Err(error) => return Ok(without(0, error.to_string())),
            };
            let wait = wait.unwrap_or_else(|| Duration::from_secs(2_u64.saturating_pow(tries.clamp(1, 5))));
            if tries >= PATIENCE || wait > LONGEST_WAIT || queued > LONGEST_QUEUE {
                return Ok(without(0, "the tenant limits requests, and did so again and again".to_owned()));
            }
            self.retries.fetch_add(1, Ordering::Relaxed);
            // Not all at once when the wait is over.
            tokio::time::sleep(wait.mul_f64(rand::random_range(1.0..1.2)) + Duration::from_millis(20)).await;
        }
    }
}

fn of_endpoint(endpoint: &'static Endpoint) -> Question {
    let mut query = Vec::new();
    if !endpoint.without.is_empty() {
        query = vec![("fields", endpoint.without.to_owned()), ("include_fields", "false".to_owned())];
    }
    let Endpoint { path, paging, key, scope, class, .. } = *endpoint;
    Question { query, paging, key, ..Question::one(path.to_owned(), scope, class) }
}

/// Of which objects more is asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which<'a> {
    /// The first of each kind, as many as one scan asks about.
    First,
    /// All of the kinds that are few enough, none of the others.
    Few,
    /// These.
    These(&'a BTreeSet<&'a str>),
}

/// The objects of each kind that is too many for one job.
pub(super) fn too_many(answers: &[Answered]) -> Vec<Vec<String>> {
    let kinds = DETAILS.iter().map(|detail| candidates(detail, answers).map(str::to_owned).collect());
    kinds.filter(|ids: &Vec<String>| ids.len() > MOST_DETAILS).collect()
}

/// What can be asked only once the Actions are known.
fn of_triggers(answers: &[Answered]) -> impl Iterator<Item = Question> {
    let of_trigger = |trigger: String| Question {
        paging: Paging::Totals,
        key: "bindings",
        ..Question::one(format!("actions/triggers/{trigger}/bindings"), "read:actions", Class::Other)
    };
    triggers(answers).into_iter().map(of_trigger)
}

/// Objects in an answer. With code in them a hundred could be more than is read of one answer.
pub(super) const fn size(paging: Paging) -> u64 {
    if matches!(paging, Paging::Totals) { PAGE / 2 } else { PAGE }
}

/// What was read of one list. A list that is broken off here is not whole.
#[derive(Default)]
struct Read {
    checkpoints: BTreeSet<String>,
    bytes: u64,
}

impl Read {
    /// Whether the next page is asked for. Who gives the same checkpoint again never ends.
    fn may_go_on(&mut self, next: Option<&str>, bytes: u64) -> bool {
        self.bytes += bytes;
        self.bytes < MOST_BYTES && next.is_none_or(|next| self.checkpoints.insert(next.to_owned()))
    }
}

struct Question {
    path: String,
    query: Vec<(&'static str, String)>,
    paging: Paging,
    key: &'static str,
    scope: &'static str,
    class: Class,
}

impl Question {
    /// About one object.
    const fn one(path: String, scope: &'static str, class: Class) -> Self {
        Self { path, query: Vec::new(), paging: Paging::One, key: "", scope, class }
    }
}

/// The checkpoint of the next page.
pub(super) fn next(body: &Node) -> Option<String> {
    match body.get("next") {
        Some(Node::Text(next) | Node::Unknown(next)) if !next.is_empty() => Some(next.clone()),
        _ => None,
    }
}

fn goes_on(question: &Question, body: &Node, page: u64, next: Option<&str>) -> bool {
    match question.paging {
        Paging::One | Paging::Whole => false,
        Paging::Checkpoints => next.is_some(),
        Paging::Pages | Paging::Totals => {
            let here = items(body, question.key).len() as u64;
            match body.get("total") {
                Some(Node::Number(total)) => here > 0 && ((page + 1) * size(question.paging)) < whole(*total),
                _ => here == size(question.paging),
            }
        }
    }
}

/// The list of one answer: under its key, or the answer itself; `None` where there is none.
pub(super) fn list<'a>(body: &'a Node, key: &str) -> Option<&'a [Node]> {
    match (body, body.get(key)) {
        (_, Some(Node::List(items))) | (Node::List(items), _) => Some(items),
        _ => None,
    }
}

/// The objects of one answer.
pub(super) fn items<'a>(body: &'a Node, key: &str) -> &'a [Node] {
    list(body, key).unwrap_or_default()
}

/// A count as the vendor writes it.
pub(super) fn whole(number: f64) -> u64 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count is neither negative nor beyond 2^53"
    )]
    let count = number.max(0.0) as u64;
    count
}

/// The objects of the answers to a path.
pub(super) fn objects<'a>(answers: &'a [Answered], path: &str, key: &str) -> impl Iterator<Item = &'a Node> {
    let path = format!("/api/v2/{path}");
    let key = key.to_owned();
    answers
        .iter()
        .filter(move |one| one.status == 200 && one.path.split('?').next() == Some(path.as_str()))
        .flat_map(move |one| items(&one.body, &key))
}

/// The triggers that any Action is made for.
pub(super) fn triggers(answers: &[Answered]) -> Vec<String> {
    let mut found: Vec<String> = objects(answers, "actions/actions", "actions")
        .filter_map(|action| match action.get("supported_triggers") {
            Some(Node::List(triggers)) => Some(triggers),
            _ => None,
        })
        .flatten()
        .filter_map(|trigger| match trigger.get("id") {
            Some(Node::Text(id)) if crate::auth0::bindings::BINDABLE.contains(&id.as_str()) => {
                Some(id.clone())
            }
            _ => None,
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The ids of the objects that one more call is made for.
fn candidates<'a>(detail: &'static Detail, answers: &'a [Answered]) -> impl Iterator<Item = &'a str> {
    let list = endpoints::all().find(|endpoint| endpoint.collection == detail.collection);
    list.into_iter().flat_map(move |list| {
        objects(answers, list.path, list.key)
            .filter(|object| detail.collection != Collection::Clients || has_registered_key(object))
            .filter_map(|object| match object.get(list.id) {
                Some(Node::Text(id)) => Some(id.as_str()),
                _ => None,
            })
    })
}

fn details(detail: &'static Detail, answers: &[Answered], which: Which<'_>) -> Vec<Question> {
    let mut ids: Vec<&str> = candidates(detail, answers).collect();
    match which {
        Which::First => ids.truncate(MOST_DETAILS),
        Which::Few if ids.len() > MOST_DETAILS => ids.clear(),
        Which::Few => {}
        Which::These(wanted) => ids.retain(|id| wanted.contains(id)),
    }
    let question = |id| Question {
        paging: detail.paging,
        key: detail.key,
        ..Question::one(detail.path.replace("{}", id), detail.scope, detail.class)
    };
    ids.into_iter().map(question).collect()
}

/// Whether an application may have registered keys; the others are not asked about.
pub(super) fn has_registered_key(client: &Node) -> bool {
    matches!(client.get("client_authentication_methods"), Some(Node::Map(methods)) if !methods.is_empty())
        || client.get("signed_request_object").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_never_ends_is_broken_off() {
        let mut read = Read::default();
        assert!(read.may_go_on(Some("a"), 1) && read.may_go_on(Some("b"), 1) && read.may_go_on(None, 1));
        assert!(!read.may_go_on(Some("a"), 1));
        let mut read = Read::default();
        assert!(read.may_go_on(Some("a"), MOST_BYTES - 1) && !read.may_go_on(Some("b"), 1));
    }
}
