//! `lane list|pause|resume`.

use checkmate_domain::Lane;
use checkmate_store::LanePause;

use crate::EXIT_DONE;
use crate::cli::{Format, LaneCommand};
use crate::commands::Out;
use crate::config::environment;
use crate::view::{self, pressure_view};
use crate::wiring::parts::Parts;

pub(crate) async fn lane(parts: &Parts, command: &LaneCommand, out: &mut Out) -> anyhow::Result<u8> {
    let text = match command {
        LaneCommand::List { format } => {
            let paused = parts.store.wishes(&parts.process).await?.paused;
            let lanes =
                [Lane::Interactive, Lane::Bulk].map(|lane| pressure_view::LaneLine::new(lane, &paused));
            match format.format {
                Format::Json => view::json(&lanes)?,
                Format::Text => pressure_view::lanes(&lanes, out.show()),
            }
        }
        LaneCommand::Pause { lane, reason, format } => {
            let who = environment::get("USER").unwrap_or_else(|| "command line".to_owned());
            let wanted = LanePause { lane: *lane, who, at: parts.store.now().await?, why: reason.clone() };
            let stands = parts.store.pause_lane(&wanted).await?;
            match format.format {
                Format::Json => view::json(&stands)?,
                Format::Text if stands == wanted => {
                    format!("the {lane} lane is paused: within seconds no worker takes from it any more\n")
                }
                Format::Text => {
                    format!("the {lane} lane was paused before, {}\n", pressure_view::by(&stands))
                }
            }
        }
        LaneCommand::Resume { lane, format } => {
            let stood = parts.store.resume_lane(*lane).await?;
            match (format.format, &stood) {
                (Format::Json, stood) => view::json(stood)?,
                (Format::Text, Some(pause)) => {
                    format!("the {lane} lane goes on; it was paused {}\n", pressure_view::by(pause))
                }
                (Format::Text, None) => format!("the {lane} lane was not paused\n"),
            }
        }
    };
    out.text(&text).await?;
    Ok(EXIT_DONE)
}
