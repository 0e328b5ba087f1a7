//! `sandbox`: an organisation of three tenants to try everything with; nothing of it is real.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checkmate_sandbox::graph::{CHANNEL, TEAM};
use checkmate_sandbox::jira::Category;
use checkmate_sandbox::{CLOUD_ID, Example, HARDENED, Office, SCANNER_SCOPES, Sandbox, Tenant, WORLD};

use crate::cli::SandboxArgs;
use crate::commands::{Out, program};
use crate::view::{count, plain};
use crate::{EXIT_DONE, EXIT_ERROR, EXIT_INCOMPLETE};

/// Tickets that are named; the rest is counted.
const NAMED: usize = 10;
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
    let sites = start(args).await?;
    let office = office(&sites).await?;
    write(&args.write, &sites, &office)?;
    let code = if args.scan {
        let code = scan(&args.write, out).await?;
        out.text(&arrived(&office)).await?;
        code
    } else {
        wait(&args.write, &sites, &office, out).await?
    };
    office.stop().await;
    for site in sites {
        site.stand_in.stop().await;
    }
    Ok(code)
}

/// A bookshop that has grown, a publishing house that is careful, and an events company on a small plan, whose client may
/// not see everything.
async fn start(args: &SandboxArgs) -> anyhow::Result<Vec<Site>> {
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
        ("acme", "acme.eu.auth0.com", acme, acme_keys, if args.scan { any } else { args.listen }),
        ("press", "press.eu.auth0.com", press, press_keys, any),
        ("events", "events.eu.auth0.com", events, events_keys, any),
    ];
    let mut sites = Vec::new();
    for (name, domain, tenant, example, listen) in tenants {
        let stand_in = Sandbox::start_at(tenant, listen)
            .await
            .with_context(|| format!("cannot listen on {listen}: give another address with --listen"))?;
        sites.push(Site { name, domain: domain.to_owned(), stand_in, example });
    }
    Ok(sites)
}

/// The place where work arrives; it takes what the vault of the first tenant leases.
async fn office(sites: &[Site]) -> anyhow::Result<Office> {
    let office = Office::builder();
    let office = match sites.first() {
        Some(site) => office.leases_of(&site.stand_in),
        None => office,
    };
    office.start().await.context("there is no free port for the stand-ins of Jira, Confluence and Teams")
}

/// What has arrived. The stand-ins forget when they end; the ledger beside the configuration does not.
fn arrived(office: &Office) -> String {
    let pages = office.confluence().pages();
    let ours = pages.iter().filter(|page| page.properties.contains_key("checkmate.delivery"));
    let pages: Vec<String> = ours.map(|page| plain(page.title(), 90)).collect();
    let (messages, runs) = (office.teams().messages().len(), office.teams().runs().len());
    let events = office.deliveries(HOOK).len();
    let mut text = tickets(office);
    text.push_str(&format!("Confluence was sent {}\n", count(pages.len(), "page")));
    pages.iter().for_each(|title| text.push_str(&format!("  {title}\n")));
    text.push_str(&format!(
        "Teams was sent {} in the channel, and {} by the workflow\n",
        count(messages, "card"),
        count(runs, "card")
    ));
    text.push_str(&match events {
        0 => "the webhook was sent no event: no finding has changed\n".to_owned(),
        events => format!("the webhook was sent {}, each signed\n", count(events, "event")),
    });
    text
}

fn tickets(office: &Office) -> String {
    let tickets = office.jira().issues();
    if tickets.is_empty() {
        return "Jira was sent no new ticket: what was found before has its own; see deliveries list\n"
            .to_owned();
    }
    let open = tickets.iter().filter(|ticket| ticket.category != Category::Done).count();
    let mut text = format!("Jira was sent {}, {open} open\n", count(tickets.len(), "new ticket"));
    for ticket in tickets.iter().take(NAMED) {
        let summary = ticket.fields.get("summary").and_then(|text| text.as_str()).unwrap_or_default();
        text.push_str(&format!("  {:<7} {:<12} {}\n", ticket.key, ticket.status, plain(summary, 90)));
    }
    if tickets.len() > NAMED {
        text.push_str(&format!("  and {} more\n", tickets.len() - NAMED));
    }
    text
}

/// Until Ctrl-C.
async fn wait(folder: &Path, sites: &[Site], office: &Office, out: &mut Out) -> anyhow::Result<u8> {
    let config = folder.join("checkmate.toml");
    let (program, config) = (program(), config.display());
    let mut text =
        "stand-ins of three Auth0 tenants answer on this machine; nothing of them is real\n".to_owned();
    for site in sites {
        text.push_str(&format!("  {} at {}\n", site.domain, site.stand_in.base()));
    }
    text.push_str(&format!("  Jira, Confluence, Teams and a webhook at {}\n", office.base()));
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
        folder.display()
    ));
    out.text(&text).await?;
    tokio::signal::ctrl_c().await?;
    Ok(EXIT_DONE)
}

/// Scans the organisation with this program, as a person would: queue, leases, results, lifecycle.
async fn scan(folder: &Path, out: &mut Out) -> anyhow::Result<u8> {
    let text = format!(
        "stand-ins of three Auth0 tenants of the organisation Halden answer on this machine; nothing of them is real.\n\
         Their keys and a configuration are in {}. Scanning {SCOPE}: queue, leases, results.\n\n",
        folder.display()
    );
    out.text(&text).await?;
    let own = std::env::current_exe().context("this program does not find itself")?;
    let mut scan = tokio::process::Command::new(own);
    // Called as this one was, so that the commands it names can be typed.
    scan.arg0(std::env::args().next().unwrap_or_default());
    scan.arg("--config").arg(folder.join("checkmate.toml")).args(["scan", SCOPE]);
    let status = scan.status().await.context("the scan cannot be started")?;
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        // The client of one tenant may not see everything, so that it shows how that is told.
        Some(EXIT_DONE | EXIT_INCOMPLETE) => Ok(EXIT_DONE),
        other => Ok(other.unwrap_or(EXIT_ERROR)),
    }
}

fn write(folder: &Path, sites: &[Site], office: &Office) -> anyhow::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let file = |name: &str, text: &str| -> anyhow::Result<()> {
        let path = folder.join(name);
        let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
        opened
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("{} cannot be written", path.display()))
    };
    let Some(acme) = sites.first() else { return Ok(()) };
    file("client.pem", &acme.example.worker.private_pem)?;
    file("subject.pem", &acme.example.subject.private_pem)?;
    file("management.pem", &acme.example.management.private_pem)?;
    file("workflow.url", &office.workflow_url())?;
    file("webhook.key", &format!("whsec_{}", STANDARD.encode(rand::random::<[u8; 32]>())))?;
    let mut text = configuration(acme.example.user, &acme.stand_in.base());
    text.push_str(&routes(office));
    for site in sites {
        file(&format!("{}.pem", site.name), &site.example.management.private_pem)?;
        text.push_str(&format!(
            "\n[tenants.{0}]\ndomain = \"{1}\"\nbase_url = \"{2}\"\nclient_id = \"scanner\"\n\
             client_key_file = \"{0}.pem\"\nplan = \"unlimited\"\norganisation = \"halden\"\n",
            site.name,
            site.domain,
            site.stand_in.base()
        ));
    }
    file("checkmate.toml", &text)
}

fn configuration(user: &str, base: &str) -> String {
    let mut text = format!(
        "# For the stand-ins; see docs/credentials.md and docs/tenants.md for real tenants.\n\
         data_dir = \"data\"\n\n\
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
