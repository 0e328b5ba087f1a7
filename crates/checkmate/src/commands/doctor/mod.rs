//! `doctor`: looks at everything the program stands on and says what is wrong and what mends it. It says what it can when
//! store, broker or configuration cannot be used, changes nothing, and takes ten seconds at most.
//!
//! `host`, `store`, `broker` and `work` gather facts, each with its time-outs; `judge` turns facts into lines, purely.

mod broker;
mod facts;
mod host;
mod judge;
mod store;
mod work;

use std::path::Path;
use std::time::Duration;

use self::facts::{AdminLook, BrokerLook, HostFacts, StoreLook};
use crate::cli::Format;
use crate::commands::Out;
use crate::config::{self, Loaded};
use crate::view;
use crate::view::doctor_view::{Outcome, Page};
use crate::wiring::parts::Parts;
use crate::{EXIT_DONE, EXIT_ERROR, EXIT_INCOMPLETE};

/// For all looks together, which go on side by side.
const LOOKS_WITHIN: Duration = Duration::from_secs(8);

/// Everything that was gathered.
struct Gathered {
    host: Result<HostFacts, String>,
    admin: AdminLook,
    store: StoreLook,
    broker: BrokerLook,
}

/// Looks at everything; `named` is the file of `--config`.
pub(crate) async fn doctor(named: Option<&Path>, format: Format, out: &mut Out) -> anyhow::Result<u8> {
    let page = match config::load_telling(named) {
        Ok(loaded) => {
            let gathered = Box::pin(gather(&loaded)).await;
            judge::page(&loaded, &gathered)
        }
        Err(error) => judge::without_configuration(&error.to_string()),
    };
    let text = match format {
        Format::Json => view::json(&page)?,
        Format::Text => page.text(out.show()),
    };
    out.text(&text).await?;
    Ok(exit_code(&page))
}

/// What the process that owns the embedded files tells another that looks.
pub(crate) async fn tell(parts: &Parts, out: &mut Out) -> anyhow::Result<u8> {
    let mut seen = store::seen(parts.store.as_ref(), None).await?;
    seen.work.queues = work::queues(parts.broker.as_ref()).await?;
    out.text(&(serde_json::to_string(&seen)? + "\n")).await?;
    Ok(EXIT_DONE)
}

async fn gather(loaded: &Loaded) -> Gathered {
    let config = &loaded.config;
    let (host, admin, store, broker) = tokio::join!(
        host::look(config, LOOKS_WITHIN),
        host::admin(config.admin.listen),
        Box::pin(store::look(config, LOOKS_WITHIN)),
        Box::pin(broker::look(config, LOOKS_WITHIN)),
    );
    Gathered { host, admin, store, broker }
}

/// Whether anything is wrong, or nothing is as far as could be seen.
fn exit_code(page: &Page) -> u8 {
    let any = |so: fn(&Outcome) -> bool| page.lines().any(|line| so(&line.outcome));
    if any(|outcome| matches!(outcome, Outcome::Wrong)) {
        EXIT_ERROR
    } else if any(|outcome| matches!(outcome, Outcome::CouldNotLook { .. })) {
        EXIT_INCOMPLETE
    } else {
        EXIT_DONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::doctor_view::{Line, Section};

    #[test]
    fn what_could_not_be_looked_at_is_never_fine() {
        let fine = Line::fine("a", "", "b");
        let warning = Line::warning("a", "", "b", "c");
        let wrong = Line::wrong("a", "", "b", "c");
        let unknown = Line::unknown("a", "", "b", "c");
        for (lines, code) in [
            (vec![], EXIT_DONE),
            (vec![fine.clone(), warning], EXIT_DONE),
            (vec![fine.clone(), unknown.clone()], EXIT_INCOMPLETE),
            (vec![unknown, wrong, fine], EXIT_ERROR),
        ] {
            let page = Page::new(vec![Section { name: "a", lines }]);
            assert_eq!(exit_code(&page), code, "{page:?}");
        }
    }
}
