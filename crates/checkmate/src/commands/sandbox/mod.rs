//! `sandbox`: an organisation of three tenants to try everything with; nothing of it is real.

mod folder;
mod told;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context;
use checkmate_sandbox::graph::{CHANNEL, TEAM};
use checkmate_sandbox::{CLOUD_ID, Example, HARDENED, Office, SCANNER_SCOPES, Sandbox, Tenant, WORLD};
use checkmate_service::Stop;

use crate::cli::SandboxArgs;
use crate::commands::{Out, program};
use crate::control;
use crate::{EXIT_DONE, EXIT_ERROR, EXIT_INCOMPLETE};
use folder::Folder;
use told::Before;

/// How often what has arrived is kept.
const KEEP_EVERY: Duration = Duration::from_millis(250);
/// How long a scan that is told to end may take for it.
const ENDS_WITHIN: Duration = Duration::from_secs(10);
/// Where the scanning process keeps its files, in the folder.
const DATA: &str = "data";
/// What the account at Atlassian may do.
const ATLASSIAN: &str = "read:jira-work write:jira-work read:space:confluence read:page:confluence \
                         write:page:confluence write:confluence-file read:me offline_access";
/// Where events go.
const HOOK: &str = "findings";
/// What scans the organisation.
const SCOPE: &str = "org:halden";

/// A tenant that answers, and the keys to it.
struct Site {
    name: &'static str,
    domain: String,
    stand_in: Sandbox,
    example: Example,
}

pub(crate) async fn sandbox(args: &SandboxArgs, out: &mut Out) -> anyhow::Result<u8> {
    let folder = Folder(&args.write);
    folder.make()?;
    alone(&folder).await?;
    let sites = start(args, &folder).await?;
    let office = office(&sites, &folder).await?;
    write(&folder, &sites, &office)?;
    let before = Before::of(&office);
    let code = if args.scan {
        let code = keeping(&folder, &office, scan(&folder, out)).await??;
        let page = folder.page();
        out.text(&format!("{}to look at all of it, open {}\n", before.told(&office), page.display())).await?;
        code
    } else {
        out.text(&waits(&folder, &sites, &office)).await?;
        keeping(&folder, &office, tokio::signal::ctrl_c()).await??;
        EXIT_DONE
    };
    office.stop().await;
    for site in sites {
        site.stand_in.stop().await;
    }
    Ok(code)
}

/// A process that scans with an earlier configuration would be asked in place of ours, and look for stand-ins that are gone.
async fn alone(folder: &Folder<'_>) -> anyhow::Result<()> {
    let data = folder.0.join(DATA);
    if control::owner(&data).await.is_some() {
        anyhow::bail!(
            "another checkmate process works on {}: let it end, or end it, then try again",
            data.display()
        );
    }
    Ok(())
}

/// Does something, and keeps what arrives meanwhile: the ledger beside it remembers, and so must the stand-ins.
async fn keeping<T>(
    folder: &Folder<'_>,
    office: &Office,
    work: impl Future<Output = T>,
) -> anyhow::Result<T> {
    let mut work = std::pin::pin!(work);
    let mut kept = office.record().len();
    folder.remember(office)?;
    loop {
        tokio::select! {
            done = &mut work => {
                folder.remember(office)?;
                return Ok(done);
            }
            () = tokio::time::sleep(KEEP_EVERY) => {}
        }
        let written = office.record().len();
        if written != kept {
            folder.remember(office)?;
            kept = written;
        }
    }
}

/// A bookshop that has grown, a publishing house that is careful, and an events company on a small plan, whose client may
/// not see everything.
async fn start(args: &SandboxArgs, folder: &Folder<'_>) -> anyhow::Result<Vec<Site>> {
    let (acme, acme_keys) = Tenant::example();
    let (press, press_keys) = Tenant::example_of("press.eu.auth0.com", HARDENED);
    let (mut events, events_keys) = Tenant::example_of("events.eu.auth0.com", WORLD);
    events.not_on_plan =
        ["network-acls", "log-streams", "organizations", "custom-domains"].map(str::to_owned).into();
    if let Some(client) = events.client_mut("scanner") {
        let scopes =
            SCANNER_SCOPES.into_iter().filter(|scope| *scope != "read:actions" && *scope != "read:logs");
        client.management_scopes = Some(scopes.collect::<Vec<_>>().join(" "));
    }
    let any: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
    let tenants = [
        ("acme", "acme.eu.auth0.com", WORLD, acme, acme_keys, if args.scan { any } else { args.listen }),
        ("press", "press.eu.auth0.com", HARDENED, press, press_keys, any),
        ("events", "events.eu.auth0.com", WORLD, events, events_keys, any),
    ];
    let mut sites = Vec::new();
    for (name, domain, world, tenant, example, listen) in tenants {
        let tenant = tenant.showing(&folder.tenant(name, world)?);
        let stand_in = Sandbox::start_at(tenant, listen)
            .await
            .with_context(|| format!("cannot listen on {listen}: give another address with --listen"))?;
        sites.push(Site { name, domain: domain.to_owned(), stand_in, example });
    }
    Ok(sites)
}

/// The place where work arrives; it takes what the vault of the first tenant leases, and remembers what arrived before.
async fn office(sites: &[Site], folder: &Folder<'_>) -> anyhow::Result<Office> {
    let office = folder.remembered(Office::builder().hook_key(&folder.hook_key()?))?;
    let office = match sites.first() {
        Some(site) => office.leases_of(&site.stand_in),
        None => office,
    };
    office.start().await.context("there is no free port for the stand-ins of Jira, Confluence and Teams")
}

/// What to do while they answer.
fn waits(folder: &Folder<'_>, sites: &[Site], office: &Office) -> String {
    let (program, config) = (program(), folder.config());
    let config = config.display();
    let mut text =
        "stand-ins of three Auth0 tenants answer on this machine; nothing of them is real\n".to_owned();
    for site in sites {
        text.push_str(&format!("  {} at {}\n", site.domain, site.stand_in.base()));
    }
    text.push_str(&format!(
        "  Jira, Confluence, Teams and a webhook at {}: open it to see what has arrived\n",
        office.base()
    ));
    text.push_str(&format!(
        "their keys and a configuration are in {}; in another terminal:\n\n  \
           {program} --config {config} scan {SCOPE}\n  \
           {program} --config {config} scan auth0 --tenant acme\n  \
           {program} --config {config} notify preview SCAN\n  \
           {program} --config {config} deliveries list\n  \
           {program} --config {config} connections list\n  \
           {program} --config {config} connections check\n  \
           {program} --config {config} connections connect jira     (password: correct horse)\n  \
           {program} --config {config} audit list\n  \
           {program} --config {config} audit verify\n\n\
         Ctrl-C ends them\n",
        folder.0.display()
    ));
    text
}

/// Scans the organisation with this program, as a person would: queue, leases, results, lifecycle.
async fn scan(folder: &Folder<'_>, out: &mut Out) -> anyhow::Result<u8> {
    let text = format!(
        "stand-ins of three Auth0 tenants of the organisation Halden answer on this machine; nothing of them is real.\n\
         Their keys and a configuration are in {}. Scanning {SCOPE}: queue, leases, results.\n\n",
        folder.0.display()
    );
    out.text(&text).await?;
    let own = std::env::current_exe().context("this program does not find itself")?;
    let mut scan = tokio::process::Command::new(own);
    // Called as this one was, so that the commands it names can be typed.
    scan.arg0(std::env::args().next().unwrap_or_default());
    scan.arg("--config").arg(folder.config()).args(["scan", SCOPE]);
    let mut scan = scan.kill_on_drop(true).spawn().context("the scan cannot be started")?;
    let stop = Stop::new(ENDS_WITHIN);
    let status = tokio::select! {
        status = scan.wait() => status.context("the scan has no end")?,
        // At a terminal it is told too; what it leaves it goes on with when it is started again.
        told = stop.on_signals() => {
            told.context("signals cannot be waited for")?;
            return Ok(EXIT_ERROR);
        }
    };
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        // The client of one tenant may not see everything, so that it shows how that is told.
        Some(EXIT_DONE | EXIT_INCOMPLETE) => Ok(EXIT_DONE),
        other => Ok(other.unwrap_or(EXIT_ERROR)),
    }
}

fn write(folder: &Folder<'_>, sites: &[Site], office: &Office) -> anyhow::Result<()> {
    let Some(acme) = sites.first() else { return Ok(()) };
    folder.write("client.pem", &acme.example.worker.private_pem)?;
    folder.write("subject.pem", &acme.example.subject.private_pem)?;
    folder.write("management.pem", &acme.example.management.private_pem)?;
    folder.write("workflow.url", &office.workflow_url())?;
    let mut text = configuration(acme.example.user, &acme.stand_in.base());
    text.push_str(&routes(office));
    for site in sites {
        folder.write(&format!("{}.pem", site.name), &site.example.management.private_pem)?;
        text.push_str(&format!(
            "\n[tenants.{0}]\ndomain = \"{1}\"\nbase_url = \"{2}\"\nclient_id = \"scanner\"\n\
             client_key_file = \"{0}.pem\"\nplan = \"unlimited\"\norganisation = \"halden\"\n",
            site.name,
            site.domain,
            site.stand_in.base()
        ));
    }
    folder.write("checkmate.toml", &text)
}

fn configuration(user: &str, base: &str) -> String {
    let mut text = format!(
        "# For the stand-ins; see docs/credentials.md and docs/tenants.md for real tenants.\n\
         data_dir = \"{DATA}\"\n\n\
         [auth0]\ndomain = \"acme.eu.auth0.com\"\nbase_url = \"{base}\"\nclient_id = \"worker\"\n\
         client_key_file = \"client.pem\"\nmanagement_client_id = \"management\"\n\
         management_key_file = \"management.pem\"\nterminal_client_id = \"terminal\"\n\n\
         [vault]\nsubject_key_file = \"subject.pem\"\n\n\
         [vendors]\ngithub_url = \"{base}/provider/github\"\natlassian_url = \"{base}/provider/atlassian\"\n\
         graph_url = \"{base}/provider/graph\"\n\n[audit]\ncheckpoint_every = \"1s\"\n"
    );
    let accounts = [
        ("github", "github", ""),
        ("jira", "atlassian", ATLASSIAN),
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

fn routes(office: &Office) -> String {
    format!(
        "\n# What policy sends: notify preview SCAN, deliveries list. See docs/deliveries.md.\n\
         [routes.tickets]\nto = \"jira\"\nproject = \"SEC\"\nleast_priority = \"P2\"\n\
         due_days = [\"P1=7\", \"P2=30\"]\nconnection = \"jira\"\ncloud_id = \"{CLOUD_ID}\"\n\
         base_url = \"{jira}\"\n\n\
         [routes.pages]\nto = \"confluence\"\nconnection = \"jira\"\ncloud_id = \"{CLOUD_ID}\"\nspace = \"SEC\"\n\
         base_url = \"{confluence}\"\n\n\
         [routes.channel]\nto = \"teams\"\nconnection = \"teams\"\nteam_id = \"{TEAM}\"\n\
         channel_id = \"{CHANNEL}\"\nbase_url = \"{graph}\"\n\n\
         [routes.urgent]\nto = \"teams\"\nleast_priority = \"P1\"\nurl_file = \"workflow.url\"\n\n\
         [routes.events]\nto = \"webhook\"\nurl = \"{hook}\"\nkey_file = \"webhook.key\"\n",
        jira = office.jira_url(),
        confluence = office.confluence_url(),
        graph = office.graph_url(),
        hook = office.hook_url(HOOK),
    )
}
