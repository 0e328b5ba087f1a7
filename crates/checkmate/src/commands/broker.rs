//! `broker setup|check`.

use crate::cli::{BrokerCommand, Format};
use crate::commands::Out;
use crate::config::{Config, Setting};
use crate::{EXIT_DONE, EXIT_ERROR, view};

pub(crate) async fn run(config: &Config, command: &BrokerCommand, out: &mut Out) -> anyhow::Result<u8> {
    let Setting::Distributed { broker, .. } = config.setting()? else {
        out.text("the embedded queue needs no setting up: broker.url names a file\n").await?;
        return Ok(EXIT_DONE);
    };
    let _ = (broker, command, Format::Text, EXIT_ERROR, view::count(1, ""));
    Ok(EXIT_DONE)
}
