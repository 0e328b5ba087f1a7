//! `notify preview SCAN`: what policy would send, in the words of each vendor; nothing is sent.

use anyhow::bail;
use checkmate_notifier::deliver::questions;
use checkmate_notifier::outcome::View;

use crate::EXIT_DONE;
use crate::cli::{Format, Notify};
use crate::commands::Out;
use crate::commands::scans::find;
use crate::view;
use crate::view::notify_view::{self, Preview};
use crate::wiring::deliveries::organisations;
use crate::wiring::parts::Parts;
use crate::wiring::ways::{route, silent};

pub(crate) async fn notify(parts: &Parts, command: &Notify, out: &mut Out) -> anyhow::Result<u8> {
    let Notify::Preview { scan, format } = command;
    let routes: Vec<_> = parts.config.routes.values().map(|one| route(&parts.config, one)).collect();
    if routes.is_empty() {
        bail!("nothing is sent anywhere: no route is configured; see [routes] in docs/configuration.md");
    }
    let scan = find(parts, scan).await?;
    if !scan.state.is_final() {
        bail!("scan {} is {}: what it finds is known when it is over", scan.id, scan.state);
    }
    let view = View::of(&*parts.store, &organisations(&parts.config), &scan).await?;
    let mut previews: Vec<Preview> = Vec::new();
    for route in &routes {
        if !route.when.covers(&scan.scope) {
            continue;
        }
        let wishes = view.wishes(std::slice::from_ref(route));
        let questions = questions(&*parts.store, &view, route, &wishes).await?;
        previews.extend(wishes.iter().map(|wish| Preview::new(wish, &view).asking(&questions)));
    }
    let text = match format.format {
        Format::Json => view::json(&previews)?,
        Format::Text => {
            let silent = silent(&parts.config).into_iter().map(|why| why + "\n");
            notify_view::previews(&scan.id, &previews, out.show()) + &silent.collect::<String>()
        }
    };
    out.text(&text).await?;
    Ok(EXIT_DONE)
}
