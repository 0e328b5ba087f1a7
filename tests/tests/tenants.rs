//! Auth0 tenants through the real binary: by the queue with leases, and directly; reports in every form.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test: a panic is its verdict")]

#[path = "cli/home.rs"]
#[allow(dead_code, reason = "the tests of the command line use the rest")]
mod home;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use checkmate_sandbox::{Sandbox, Tenant, WORLD};
use home::{Home, Said, example};
use serde_json::Value;

/// Two stand-ins of one organisation, and a folder that leads to them.
struct Site {
    sandboxes: Vec<Sandbox>,
    home: Home,
}

impl Site {
    async fn new() -> Self {
        let home = Home::new();
        let mut config = fs::read_to_string(home.path("checkmate.toml")).unwrap();
        let mut sandboxes = Vec::new();
        for name in ["acme", "other"] {
            let domain = format!("{name}.eu.auth0.com");
            let (tenant, keys) = Tenant::example_of(&domain, WORLD);
            let sandbox = Sandbox::start(tenant).await.unwrap();
            let file = home.path(&format!("{name}.pem"));
            fs::write(&file, &keys.management.private_pem).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            config.push_str(&format!(
                "[tenants.{name}]\ndomain = \"{domain}\"\nbase_url = \"{}\"\nclient_id = \"scanner\"\n\
                 client_key_file = \"{name}.pem\"\nplan = \"unlimited\"\norganisation = \"halden\"\n",
                sandbox.base()
            ));
            sandboxes.push(sandbox);
        }
        fs::write(home.path("checkmate.toml"), config).unwrap();
        Self { sandboxes, home }
    }

    async fn run(&self, args: &[&str]) -> Said {
        tokio::task::block_in_place(|| self.home.run(args))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organisation_is_scanned_through_the_queue_with_leases() {
    let site = Site::new().await;
    let said = site.run(&["scan", "org:halden", "--format", "json"]).await;
    let view = said.json();
    assert_eq!((&view["scan"]["state"], &view["scan"]["total"]), (&"finished".into(), &2.into()), "{said:?}");
    let targets: std::collections::BTreeSet<&str> = view["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["finding"]["place"]["target"].as_str().unwrap())
        .collect();
    assert_eq!(targets, ["auth0:acme.eu.auth0.com", "auth0:other.eu.auth0.com"].into());
    let trail = site.run(&["audit", "list"]).await.fine();
    assert!(trail.out.contains("tenant-scan"), "{trail:?}");
    assert!(site.run(&["audit", "verify"]).await.code == Some(0));
    // What is mended is resolved, by its id, whatever it is called now.
    let mended = |tenant: &mut Tenant| {
        let clients = tenant.api.get_mut("clients").unwrap();
        clients[0]["grant_types"] = serde_json::json!(["authorization_code", "refresh_token"]);
        clients[0]["name"] = "The shop".into();
    };
    site.sandboxes[0].set(mended);
    let again = site.run(&["scan", "auth0:acme.eu.auth0.com", "--format", "json"]).await.json();
    assert_eq!((&again["scan"]["opened"], &again["scan"]["resolved"]), (&0.into(), &1.into()), "{again}");
}

/// What policy would send of a scan: tickets for what it found, none for what it did not change, closings for what is mended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_be_sent_is_shown() {
    let site = Site::new().await;
    let said = site.run(&["scan", "org:halden", "--format", "json"]).await.json();
    let scan = said["scan"]["id"].as_str().unwrap();
    let refused = site.run(&["notify", "preview", scan]).await;
    assert!(refused.code == Some(1) && refused.err.contains("no route is configured"), "{refused:?}");
    let mut config = fs::read_to_string(site.home.path("checkmate.toml")).unwrap();
    config.push_str(
        "[routes.tickets]\nto = \"jira\"\nproject = \"SEC\"\nleast_priority = \"P2\"\nmost_new = 3\n\
         fields = [\"Team=Platform\"]\nowners = [\"auth0:*=component:Identity\"]\n\
         [routes.channel]\nto = \"teams\"\ndigest = \"weekly mon 08:00 UTC\"\n\
         [routes.other]\nto = \"teams\"\nscopes = [\"auth0:*\"]\n[routes.pages]\nto = \"confluence\"\n",
    );
    fs::write(site.home.path("checkmate.toml"), config).unwrap();
    let preview = async |scan: &str| {
        let json = site.run(&["notify", "preview", scan, "--format", "json"]).await.fine().json();
        json.as_array().unwrap().clone()
    };
    let first = preview(scan).await;
    let of = |sent: &[Value], what: &str| sent.iter().filter(|one| one["what"] == what).count();
    assert_eq!(
        ["ticket", "summary ticket", "digest", "page", "scan page"].map(|what| of(&first, what)),
        [3, 1, 1, 1, 1]
    );
    let ticket = first.iter().find(|one| one["what"] == "ticket").unwrap();
    assert_eq!(ticket["fields"], serde_json::json!(["Team=Platform"]));
    let ticket = &ticket["body"]["fields"];
    assert_eq!(ticket["components"][0]["name"], "Identity");
    let digest = first.iter().find(|one| one["what"] == "digest").unwrap();
    assert!(
        digest["subject"]["of"] == "digest" && digest["body"].to_string().contains("08:00 UTC"),
        "{digest}"
    );
    let page = first.iter().find(|one| one["what"] == "scan page").unwrap();
    assert!(page["body"].to_string().contains("lacks the scope write:confluence-file"), "{page}");
    assert_eq!(ticket["project"]["key"], "SEC");
    assert!(ticket["labels"][1].as_str().unwrap().starts_with("checkmate-"));
    let said = site.run(&["notify", "preview", &scan[..8]]).await.fine();
    assert!(said.out.contains("nothing is sent by this command") && said.out.contains("ticket"), "{said:?}");
    assert!(said.out.contains("[routes.tickets] has no connection: nothing is sent by it"), "{said:?}");

    // The same again changes nothing; what is mended closes its ticket, which has the same id as when it was opened.
    let quiet = site.run(&["scan", "org:halden", "--format", "json"]).await.json();
    let sent = preview(quiet["scan"]["id"].as_str().unwrap()).await;
    assert_eq!(["ticket", "close ticket", "summary ticket"].map(|what| of(&sent, what)), [0, 0, 0]);
    for sandbox in &site.sandboxes {
        sandbox.set(|tenant| {
            for client in tenant.api.get_mut("clients").unwrap().as_array_mut().unwrap() {
                client["grant_types"] = serde_json::json!(["authorization_code"]);
            }
        });
    }
    let mended = site.run(&["scan", "org:halden", "--format", "json"]).await.json();
    let sent = preview(mended["scan"]["id"].as_str().unwrap()).await;
    assert!(of(&sent, "close ticket") >= 1, "{sent:?}");
}

/// More objects than one job asks about: several jobs, one result.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_tenant_becomes_several_jobs() {
    let site = Site::new().await;
    let connection = |n: usize| serde_json::json!({"id": format!("con_{n}"), "name": format!("c{n}"), "strategy": "oidc", "options": {}});
    site.sandboxes[0].set(|tenant| {
        tenant.api.insert("connections".to_owned(), (0..350).map(connection).collect());
    });
    let view = site.run(&["scan", "auth0:acme.eu.auth0.com", "--format", "json"]).await.json();
    assert_eq!((&view["scan"]["state"], &view["scan"]["total"]), (&"finished".into(), &3.into()), "{view}");
    let findings = view["findings"].as_array().unwrap();
    let orphan = |record: &&Value| record["finding"]["rule"] == "auth0.connections.orphan";
    assert_eq!(findings.iter().filter(orphan).count(), 350);
    let again = site.run(&["scan", "auth0:acme.eu.auth0.com", "--format", "json"]).await.json();
    assert_eq!((&again["scan"]["opened"], &again["scan"]["resolved"]), (&0.into(), &0.into()), "{again}");
    // Fewer, and one job again: those that are gone are withdrawn.
    site.sandboxes[0].set(|tenant| {
        tenant.api.insert("connections".to_owned(), (0..10).map(connection).collect());
    });
    site.run(&["scan", "auth0:acme.eu.auth0.com"]).await;
    let open = site.run(&["findings", "list", "--format", "json"]).await.json();
    assert_eq!(open.as_array().unwrap().iter().filter(orphan).count(), 10);
}

/// A report of the reference tool opens findings and resolves none; our own scan goes on with what both ask, and ends the rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_of_the_reference_tool_is_taken_in() {
    let site = Site::new().await;
    let detail = |name: &str, field: &str| serde_json::json!({"name": name, "field": field, "value": "seen", "status": "red"});
    let report = |validators: &[(&str, Value)]| {
        let validators = validators.iter().map(|(name, detail)| {
            serde_json::json!({"name": name, "title": name, "severity": "High", "status": "red", "details": [detail]})
        });
        let file = site.home.path("acme.eu.auth0.com_en_2026-11-26_10_00_00_report.json");
        fs::write(&file, Value::from_iter(validators).to_string()).unwrap();
        format!("path:{}", file.display())
    };
    let open = async || {
        let said = site.run(&["findings", "list", "--format", "json"]).await.json();
        let told = |one: &Value| {
            let field = |path: &str| one.pointer(path).unwrap().as_str().unwrap().to_owned();
            (field("/finding/rule"), field("/finding/fingerprint"))
        };
        said.as_array().unwrap().iter().map(told).collect::<std::collections::BTreeMap<_, _>>()
    };
    let shared = "auth0.tenant.support-email";
    let path = report(&[
        ("checkSupportEmail", detail("", "support_email")),
        ("checkGrantTypes", detail("Shop", "x")),
    ]);
    let said = site.run(&["scan", &path, "--format", "json"]).await.fine().json();
    assert_eq!(said["scan"]["opened"], 2, "{said}");
    let imported = open().await;
    assert_eq!(imported.keys().collect::<Vec<_>>(), [shared, "imported.auth0-checkmate.checkgranttypes"]);
    let empty = report(&[]);
    let said = site.run(&["scan", &empty, "--format", "json"]).await.json();
    assert_eq!((&said["scan"]["opened"], &said["scan"]["resolved"]), (&0.into(), &0.into()), "{said}");
    assert_eq!(open().await, imported);

    site.sandboxes[0].set(|tenant| {
        tenant.api.get_mut("tenants/settings").unwrap()["support_email"] = "".into();
    });
    for _ in 0..2 {
        site.run(&["scan", "auth0:acme.eu.auth0.com"]).await;
    }
    let ours = open().await;
    assert_eq!(ours.get(shared), imported.get(shared), "the same finding goes on");
    assert!(!ours.keys().any(|rule| rule.starts_with("imported.")), "{ours:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_is_scanned_directly_by_its_client_alone() {
    let site = Site::new().await;
    let base = site.sandboxes[0].base();
    let reach = [
        "--domain",
        "acme.eu.auth0.com",
        "--client-id",
        "scanner",
        "--private-key-file",
        "acme.pem",
        "--base-url",
        &base,
    ];
    let live = [&["scan", "auth0"], reach.as_slice(), &["--plan", "unlimited", "--format", "json"]].concat();
    let said = site.run(&live).await;
    let report = said.json();
    assert_eq!(said.code, Some(1), "{said:?}");
    assert_eq!(
        (&report["schema"], &report["target"]),
        (&"checkmate.report.v1".into(), &"auth0:acme.eu.auth0.com".into())
    );
    valid(&report);
    assert!(!said.out.contains("PLANTED"));

    let snapshot =
        [&["snapshot", "auth0"], reach.as_slice(), &["--plan", "unlimited", "-o", "acme.json"]].concat();
    site.run(&snapshot).await.fine();
    let file = fs::read_to_string(site.home.path("acme.json")).unwrap();
    assert!(file.contains("REDACTED") && !file.contains("PLANTED"));
    let again = site.run(&["scan", "auth0", "--snapshot", "acme.json", "--format", "json"]).await.json();
    let fingerprints = |report: &Value| -> Vec<String> {
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["fingerprint"].to_string())
            .collect()
    };
    assert_eq!(fingerprints(&again), fingerprints(&report));

    // The wrong key: nothing is found, nothing passes.
    let wrong = [
        "--domain",
        "acme.eu.auth0.com",
        "--client-id",
        "scanner",
        "--private-key-file",
        "other.pem",
        "--base-url",
        &base,
    ];
    let said = site.run(&[&["scan", "auth0"], wrong.as_slice()].concat()).await;
    assert!(said.code == Some(3) && said.err.contains("nothing could be looked at"), "{said:?}");
    let said = site
        .run(&[&["scan", "auth0"], wrong.as_slice(), &["--format", "json", "--min-coverage", "0"]].concat())
        .await;
    let report = said.json();
    valid(&report);
    assert_eq!((said.code, &report["coverage"]["assessed"]), (Some(3), &0.into()), "{said:?}");
    assert!(report["coverage"]["not_assessed"].as_u64().unwrap() >= 150, "{report:#}");
    // A client that may not read: everything is not assessed.
    site.sandboxes[0].set(|tenant| {
        tenant.client_mut("scanner").unwrap().management_scopes = Some("read:users".to_owned());
    });
    let said = site.run(&live).await;
    assert_eq!((said.code, said.json()["findings"].as_array().unwrap().len()), (Some(3), 0));
}

#[test]
fn options_that_would_be_passed_over_are_refused() {
    let home = Home::new();
    let mut config = fs::read_to_string(home.path("checkmate.toml")).unwrap();
    config.push_str(
        "[tenants.acme]\ndomain = \"acme.eu.auth0.com\"\nclient_id = \"x\"\nclient_key_file = \"x.pem\"\n",
    );
    fs::write(home.path("checkmate.toml"), config).unwrap();
    let example = example().display().to_string();
    let direct = ["scan", "auth0", "--client-id", "x", "--private-key-file", "x.pem", "--domain"];
    for (args, word) in [
        (&["scan", "auth0", "--tenant", "acme", "--base-url", "http://127.0.0.1:1"][..], "--base-url"),
        (&["scan", "auth0", "--tenant", "acme", "--plan", "free"][..], "--plan"),
        (&["scan", "auth0", "--export", &example, "--base-url", "http://127.0.0.1:1"][..], "--base-url"),
        (&["scan", "auth0", "--export", &example, "--only", "auth0.mfa,auth0.mfo"][..], "'auth0.mfo'"),
        (&["scan", "auth0", "--export", &example, "--skip", "checkNothing"][..], "'checkNothing'"),
        (&[&direct[..], &["evil.example/@acme.eu.auth0.com"]].concat()[..], "no host name"),
        (&[&direct[..], &["acme.eu.auth0.com:8443"]].concat()[..], "no host name"),
        (&[&direct[..], &["https://acme.eu.auth0.com"]].concat()[..], "no host name"),
    ] {
        let said = home.run(args);
        assert!(said.code == Some(2) && said.err.contains(word) && said.out.is_empty(), "{args:?}: {said:?}");
    }
    let begun = home
        .run(&["scan", "auth0", "--export", &example, "--only", "auth0.mfa.p", "--format", "json"])
        .json();
    assert!(
        begun["checks"]
            .as_array()
            .unwrap()
            .iter()
            .all(|check| check["id"].as_str().unwrap().starts_with("auth0.mfa.p"))
    );
}

/// Holds a report to the published schema.
fn valid(report: &Value) {
    let schema = include_str!("../../docs/report.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn an_export_is_told_in_every_form_and_with_every_exit_code() {
    let home = Home::new();
    let example = example().display().to_string();
    let scan = |more: &[&str]| home.run(&[&["scan", "auth0", "--export", &example], more].concat());
    let table = scan(&[]);
    assert_eq!(table.code, Some(1));
    assert!(
        table.out.contains("The implicit grant is allowed") && table.out.contains("could not be looked at"),
        "{table:?}"
    );
    let json = scan(&["--format", "json", "-o", "before.json"]);
    assert_eq!((json.code, json.out.as_str()), (Some(1), ""));
    valid(&serde_json::from_str(&fs::read_to_string(home.path("before.json")).unwrap()).unwrap());
    assert_eq!(scan(&["--baseline", "before.json"]).code, Some(0));
    assert_eq!(scan(&["--fail-on", "never"]).code, Some(0));
    assert_eq!(scan(&["--fail-on", "never", "--min-coverage", "95"]).code, Some(3));
    assert_eq!(scan(&["--fail-on", "critical"]).code, Some(0));
    assert_eq!(scan(&["--only", "nothing"]).code, Some(2));
    assert_eq!(scan(&["--baseline", "checkmate.toml"]).code, Some(2));
    let one = scan(&["--only", "checkGuardianPolicy", "--format", "json"]).json();
    assert_eq!(one["checks"].as_array().unwrap().len(), 1);
    let sarif = scan(&["--format", "sarif"]).json();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(scan(&["--format", "csv"]).out.starts_with("severity,rule,title"));
    assert!(scan(&["--format", "html"]).out.starts_with("<!doctype html>"));
    assert_eq!(home.run(&["scan", "auth0", "--export", "gone"]).code, Some(2));
    assert_eq!(home.run(&["scan", "auth0"]).code, Some(2));
    let rule = home.run(&["rules", "show", "checkBruteForce"]).fine();
    assert!(rule.out.contains("auth0.attack-protection.brute-force"), "{rule:?}");
    assert!(home.json(&["rules", "list"]).as_array().unwrap().len() >= 150);
    assert_eq!(home.run(&["rules", "show", "nothing"]).code, Some(2));
}

#[test]
fn the_page_of_rules_is_what_the_rules_say() {
    let docs = checkmate_scanners::auth0::catalogue().unwrap();
    let page = rules_page(&docs);
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/rules.md");
    #[allow(clippy::disallowed_methods, reason = "a person asks the test to write the page")]
    if std::env::var("CHECKMATE_REGENERATE").is_ok() {
        fs::write(&file, &page).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        there == page,
        "docs/rules.md is stale: CHECKMATE_REGENERATE=1 cargo test -p checkmate-tests --test tenants"
    );
}

fn rules_page(docs: &[checkmate_scanners::auth0::RuleDoc]) -> String {
    let mut page = format!(
        "# Rules\n\nWhat is asked of an Auth0 tenant: {} rules. This page is made from them (`checkmate rules list|show`).\n\
         Mappings to other catalogues are by topic, and each names who says so.\n",
        docs.len()
    );
    let mut group = String::new();
    for doc in docs {
        let rule = &doc.rule;
        let of = rule.id.as_str().split('.').nth(1).unwrap_or_default();
        if of != group {
            group = of.to_owned();
            page.push_str(&format!("\n## {group}\n"));
        }
        page.push_str(&format!(
            "\n### `{}`\n\n**{}** ({}). {}\n\n- Looks at: {}\n- Fix: {}\n",
            rule.id, rule.title, rule.severity, rule.rationale, doc.looks_at, rule.remediation.summary
        ));
        for step in rule.remediation.steps.iter().chain(&doc.changed_by) {
            page.push_str(&format!("  - {step}\n"));
        }
        for reference in &rule.references {
            page.push_str(&format!("- Read: [{}]({})\n", reference.title, reference.url));
        }
        for mapping in &doc.mappings {
            page.push_str(&format!("- Maps to: {mapping}\n"));
        }
        if !rule.equivalents.is_empty() {
            page.push_str(&format!("- Same as: {}\n", rule.equivalents.join(", ")));
        }
    }
    page
}
