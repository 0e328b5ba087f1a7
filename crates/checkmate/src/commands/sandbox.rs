//! `sandbox`: a tenant to try connections with.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::Context;
use checkmate_sandbox::{Example, Sandbox, Tenant};

use crate::EXIT_DONE;
use crate::cli::SandboxArgs;
use crate::commands::{Out, program};

pub(crate) async fn sandbox(args: &SandboxArgs, out: &mut Out) -> anyhow::Result<u8> {
    let (tenant, example) = Tenant::example();
    let stand_in = Sandbox::start_at(tenant, args.listen)
        .await
        .with_context(|| format!("cannot listen on {}: give another address with --listen", args.listen))?;
    write(&args.write, &example, &stand_in.base())?;
    let config = args.write.join("checkmate.toml");
    let (base, program, config) = (stand_in.base(), program(), config.display());
    out.text(&format!(
        "a stand-in of the Auth0 tenant acme.eu.auth0.com answers at {base}; nothing of it is real\n\
         its keys and a configuration are in {}; in another terminal:\n\n  \
           {program} --config {config} scan auth0 --tenant acme\n  \
           {program} --config {config} connections list\n  \
           {program} --config {config} connections check\n  \
           {program} --config {config} connections connect jira     (password: correct horse)\n  \
           {program} --config {config} audit list\n  \
           {program} --config {config} audit verify\n\n\
         Ctrl-C ends it\n",
        args.write.display()
    ))
    .await?;
    tokio::signal::ctrl_c().await?;
    stand_in.stop().await;
    Ok(EXIT_DONE)
}

fn write(folder: &Path, example: &Example, base: &str) -> anyhow::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let file = |name: &str, text: &str| -> anyhow::Result<()> {
        let path = folder.join(name);
        let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
        opened
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("{} cannot be written", path.display()))
    };
    file("client.pem", &example.worker.private_pem)?;
    file("subject.pem", &example.subject.private_pem)?;
    file("management.pem", &example.management.private_pem)?;
    file("checkmate.toml", &configuration(example.user, base))
}

fn configuration(user: &str, base: &str) -> String {
    let mut text = format!(
        "# For the stand-in; see docs/credentials.md for a real tenant.\n\
         data_dir = \"data\"\n\n\
         [auth0]\ndomain = \"acme.eu.auth0.com\"\nbase_url = \"{base}\"\nclient_id = \"worker\"\n\
         client_key_file = \"client.pem\"\nmanagement_client_id = \"management\"\n\
         management_key_file = \"management.pem\"\nterminal_client_id = \"terminal\"\n\n\
         [vault]\nsubject_key_file = \"subject.pem\"\n\n\
         [vendors]\ngithub_url = \"{base}/provider/github\"\natlassian_url = \"{base}/provider/atlassian\"\n\
         graph_url = \"{base}/provider/graph\"\n\n[audit]\ncheckpoint_every = \"1s\"\n"
    );
    text.push_str(&format!(
        "\n[tenants.acme]\ndomain = \"acme.eu.auth0.com\"\nbase_url = \"{base}\"\nclient_id = \"scanner\"\n\
         client_key_file = \"management.pem\"\nplan = \"unlimited\"\norganisation = \"halden\"\n"
    ));
    let accounts = [
        ("github", "github", ""),
        ("jira", "atlassian", "read:jira-work write:jira-work read:me offline_access"),
        ("teams", "microsoft-teams", "User.Read ChannelMessage.Send offline_access"),
    ];
    for (name, provider, scopes) in accounts {
        text.push_str(&format!("\n[connections.{name}]\nprovider = \"{provider}\"\nuser = \"{user}\"\n"));
        if !scopes.is_empty() {
            text.push_str(&format!("scopes = \"{scopes}\"\n"));
        }
    }
    text
}
