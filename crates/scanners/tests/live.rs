//! A tenant by its Management API: the stand-in, real HTTP, and what a report says of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use checkmate_domain::{
    Account, FingerprintKey, Part, ResourceId, RuleId, ScanReport, Scope, Secret, Statement, TargetId,
    Timestamp,
};
use checkmate_outbound::{Call, Client as Way, NoBudget, Outbound, Settings};
use checkmate_sandbox::{Client, ClientAuth, Fault, HARDENED, SCANNER_SCOPES, Said, Sandbox, Tenant, WORLD};
use checkmate_scanners::auth0::api::{assess_answers, fetch_answers};
use checkmate_scanners::auth0::{Answers, Plan, TenantScanner, TenantSpec, fuzzing};
use checkmate_scanners::{Credentials, Held, Need, NoCredential, ScanContext, ScanError, Scanned, Scanner};
use checkmate_testkit::contracts;
use serde_json::{Value, json};

const DOMAIN: &str = "acme.eu.auth0.com";

/// Leases by a client secret, as a vault would.
struct BySecret {
    way: Way,
    base: String,
}

#[async_trait]
impl Credentials for BySecret {
    async fn lease(&self, _need: &Need) -> Result<Arc<Held>, NoCredential> {
        let secret = Secret::new(b"scanner-secret".to_vec());
        let url = format!("{}/oauth/token", self.base).parse().unwrap();
        let audience = format!("https://{DOMAIN}/api/v2/");
        let fields =
            [("grant_type", "client_credentials"), ("client_id", "scanner"), ("audience", audience.as_str())];
        let call = Call::post(url).form(&fields).secret_field("client_secret", &secret);
        let answer = self.way.send(&call).await.unwrap();
        let body: Value = answer.json().unwrap();
        let token = body["access_token"].as_str().unwrap_or_default().as_bytes().to_vec();
        Ok(Arc::new(Held {
            secret: Secret::new(token),
            granted: body["scope"].as_str().unwrap_or_default().parse().unwrap(),
            expires_at: Timestamp::now().plus(Duration::from_secs(600)),
            account: Account::Tenant { host: DOMAIN.to_owned(), client: "scanner".to_owned() },
        }))
    }

    async fn renew(&self, need: &Need, _old: &Held) -> Result<Arc<Held>, NoCredential> {
        self.lease(need).await
    }

    fn client(&self) -> Result<&Way, NoCredential> {
        Ok(&self.way)
    }
}

struct Site {
    sandbox: Sandbox,
    spec: TenantSpec,
    ctx: ScanContext,
}

impl Site {
    async fn of(tenant: Tenant, scopes: &str) -> Self {
        let client = Client {
            id: "scanner".to_owned(),
            auth: ClientAuth::Secret("scanner-secret".to_owned()),
            grant_types: vec!["client_credentials".to_owned()],
            management_scopes: Some(scopes.to_owned()),
            first_party: true,
            oidc_conformant: true,
            ..Client::default()
        };
        let sandbox = Sandbox::start(tenant.client(client)).await.unwrap();
        let settings = Settings { attempts: 1, ..Settings::default() };
        let way = Outbound::new(settings, Arc::new(NoBudget)).unwrap().client().unwrap();
        let mut ctx = ScanContext::new(Arc::new(FingerprintKey::new(vec![7; 32]).unwrap()));
        ctx.credentials = Arc::new(BySecret { way, base: sandbox.base() });
        let spec = TenantSpec {
            organisation: Some("halden".to_owned()),
            base: sandbox.base().parse().unwrap(),
            plan: Plan::Unlimited,
        };
        Self { sandbox, spec, ctx }
    }

    async fn world(world: &str) -> Self {
        Self::of(Tenant::new(DOMAIN).showing(world), &SCANNER_SCOPES.join(" ")).await
    }

    async fn scan(&self) -> ScanReport {
        self.part(None).await.unwrap_or_else(|_| panic!("split"))
    }

    /// The report, or the parts that answer in its place.
    async fn part(&self, part: Option<&Part>) -> Result<ScanReport, Vec<Part>> {
        let tenants = BTreeMap::from([(DOMAIN.to_owned(), self.spec.clone())]);
        let scanner = TenantScanner::new(Arc::new(tenants));
        match scanner.scan(&target(), part, &self.ctx).await.unwrap() {
            Scanned::Report(report) => Ok(*report),
            Scanned::Split(parts) => Err(parts),
        }
    }
}

fn target() -> TargetId {
    TargetId::new(format!("auth0:{DOMAIN}")).unwrap()
}

fn rules(report: &ScanReport, word: &str) -> BTreeSet<String> {
    let with = report.checks.iter().filter(|check| check.outcome.word() == word);
    with.map(|check| check.rule.to_string()).collect()
}

#[tokio::test]
async fn a_tenant_that_has_grown_is_told_with_its_ids() {
    let site = Site::world(WORLD).await;
    let report = site.scan().await;
    let failed = rules(&report, "failed");
    for expected in [
        "auth0.apis.management-grants",
        "auth0.apis.management-user-access",
        "auth0.applications.grant-types",
        "auth0.applications.metadata-secrets",
        "auth0.connections.development-keys",
        "auth0.connections.entra-any-tenant",
        "auth0.connections.orphan",
        "auth0.databases.script-secrets",
        "auth0.databases.script-sql",
        "auth0.domains.canonical-logins",
        "auth0.extensibility.action-secrets",
        "auth0.extensibility.action-vulnerable-dependencies",
        "auth0.keys.signing-key-age",
        "auth0.organizations.automatic-membership",
        "auth0.pages.error-page",
    ] {
        assert!(failed.contains(expected), "{expected} did not fail: {failed:#?}");
    }
    let shop = report
        .findings
        .iter()
        .find(|finding| finding.rule.as_str() == "auth0.applications.grant-types")
        .unwrap();
    assert_eq!(shop.place.resource.as_str(), "shopWebApplication000000000000001");
    assert_eq!(shop.resource_name, "Halden Shop");
    assert_eq!(shop.evidence.pointer, "/api/v2/clients/shopWebApplication000000000000001#/grant_types");
    let unseen: Vec<_> =
        report.checks.iter().filter(|check| check.outcome.word() == "not-assessed").collect();
    assert!(unseen.len() <= 6, "{unseen:#?}");
}

#[tokio::test]
async fn no_secret_of_the_tenant_is_in_anything_that_is_written() {
    let site = Site::world(WORLD).await;
    let answers = fetch_answers(DOMAIN, &site.spec, &site.ctx).await.unwrap();
    let file = answers.clone().into_json().unwrap();
    let report = assess_answers(answers, target(), Arc::clone(&site.ctx.key)).await.unwrap();
    let told = serde_json::to_string(&report).unwrap();
    assert!(
        !file.contains("PLANTED"),
        "{}",
        &file[file.find("PLANTED").unwrap().saturating_sub(200)..][..400]
    );
    assert!(!told.contains("PLANTED"));
    for said in site.sandbox.said().iter().filter(|said| said.path == "/api/v2/clients") {
        assert!(!said.answer.to_string().contains("PLANTED-client-secret"), "a client secret was asked for");
    }
    // What was written tells the same.
    let again = assess_answers(Answers::from_json(&file).unwrap(), target(), Arc::clone(&site.ctx.key))
        .await
        .unwrap();
    for word in ["failed", "passed", "not-assessed", "not-applicable"] {
        assert_eq!(rules(&again, word), rules(&report, word), "{word}");
    }
    assert!(Answers::from_json("{}").is_err());
}

#[tokio::test]
async fn a_token_that_may_nothing_finds_nothing_and_passes_nothing() {
    let site = Site::of(Tenant::new(DOMAIN).showing(WORLD), "read:users").await;
    let report = site.scan().await;
    assert!(report.findings.is_empty());
    assert!(rules(&report, "passed").is_empty(), "{:?}", rules(&report, "passed"));
    assert_eq!(rules(&report, "not-assessed").len(), report.checks.len());
}

#[tokio::test]
async fn what_the_plan_does_not_have_does_not_apply() {
    let mut tenant = Tenant::new(DOMAIN).showing(WORLD);
    tenant.not_on_plan = ["network-acls", "organizations", "log-streams"].map(str::to_owned).into();
    let site = Site::of(tenant, &SCANNER_SCOPES.join(" ")).await;
    let report = site.scan().await;
    let none = rules(&report, "not-applicable");
    for rule in [
        "auth0.network.access-list",
        "auth0.network.inactive-list",
        "auth0.logs.streams",
        "auth0.organizations.automatic-membership",
    ] {
        assert!(none.contains(rule), "{rule}: {none:#?}");
    }
}

#[tokio::test]
async fn long_lists_are_read_to_their_end_through_a_storm_of_refusals() {
    let mut world: Value = serde_json::from_str(WORLD).unwrap();
    let clients: Vec<Value> = (0..450).map(|n| json!({"client_id": format!("client{n:04}"), "name": format!("App {n}"), "app_type": "spa", "grant_types": ["implicit"], "callbacks": []})).collect();
    world["clients"] = json!(clients);
    let site = Site::world(&world.to_string()).await;
    for _ in 0..20 {
        site.sandbox.order_of_api(Fault::RateLimited { retry_after: 0 });
    }
    let report = site.scan().await;
    let found = report
        .findings
        .iter()
        .filter(|finding| finding.rule.as_str() == "auth0.applications.grant-types")
        .count();
    assert_eq!(found, 450);
    let pages = site.sandbox.said().iter().filter(|said| said.path == "/api/v2/clients").count();
    assert!(pages >= 5, "{pages}");
    assert!(report.stats.retries >= 20, "{:?}", report.stats);
}

/// The conditions under which the reference tool's validators fail, as its own catalogue tells them, in the API's shape: each is
/// found by a rule that names the validator. What the grown tenant does not have is set here.
#[tokio::test]
async fn whatever_a_validator_of_the_reference_tool_fails_is_found() {
    let equivalents = |report: &ScanReport| -> BTreeSet<String> {
        let failed: BTreeSet<&RuleId> = report.findings.iter().map(|finding| &finding.rule).collect();
        let rules = report.rules.iter().filter(|rule| failed.contains(&rule.id));
        rules.flat_map(|rule| rule.equivalents.iter().cloned()).collect()
    };
    let grown = Site::world(WORLD).await.scan().await;
    let all: BTreeSet<String> =
        grown.rules.iter().flat_map(|rule| rule.equivalents.iter().cloned()).collect();
    assert_eq!(all.len(), 61);
    let mut found = equivalents(&grown);

    let mut world: Value = serde_json::from_str(WORLD).unwrap();
    for (path, pointer, value) in worse() {
        let place = world.as_object_mut().unwrap().entry(path).or_insert_with(|| json!({}));
        match pointer {
            "" => *place = value,
            pointer => {
                let (parent, field) = pointer.rsplit_once('/').unwrap();
                place.pointer_mut(parent).unwrap()[field] = value;
            }
        }
    }
    found.extend(equivalents(&Site::world(&world.to_string()).await.scan().await));
    let missed: Vec<&String> = all.difference(&found).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

/// What is asked, where in the answer, and what stands there.
fn worse() -> Vec<(&'static str, &'static str, Value)> {
    let settings = |field: &'static str, value| ("tenants/settings", field, value);
    let signup = json!({
        "id": "22222222-2222-4222-8222-222222222222", "name": "Sign-up", "status": "built", "runtime": "node22",
        "supported_triggers": [{"id": "pre-user-registration", "version": "v2", "status": "current"}],
        "code": "exports.onExecutePreUserRegistration = async (event, api) => { api.access.deny('taken', 'This address is known'); };",
        "dependencies": [], "secrets": [], "all_changes_deployed": true, "deployed_version": {"deployed": true}
    });
    vec![
        ("clients", "/0/allowed_logout_urls", json!(["http://www.haldenbooks.example/"])),
        ("clients", "/0/web_origins", json!(["http://www.haldenbooks.example"])),
        ("clients", "/0/initiate_login_uri", json!("http://www.haldenbooks.example/login")),
        ("clients", "/0/cross_origin_authentication", json!(true)),
        ("custom-domains", "", json!([])),
        settings("/default_audience", json!("https://api.haldenbooks.example/")),
        settings("/default_directory", json!("customers")),
        settings("/sandbox_version", json!("16")),
        settings("/session_lifetime", json!(1_000)),
        settings("/idle_session_lifetime", json!(900)),
        settings("/support_email", json!("")),
        settings("/default_redirection_uri", json!("")),
        settings("/allowed_logout_urls", json!(["http://www.haldenbooks.example/"])),
        settings("/flags", json!({"enable_dynamic_client_registration": true})),
        ("connections", "/0/is_domain_connection", json!(true)),
        ("connections", "/0/options/enabledDatabaseCustomization", json!(true)),
        ("connections", "/0/options/import_mode", json!(false)),
        ("emails/provider", "/enabled", json!(false)),
        ("email-templates/reset_email", "/enabled", json!(false)),
        ("attack-protection/suspicious-ip-throttling", "/enabled", json!(false)),
        ("log-streams", "", json!([])),
        (
            "event-streams",
            "",
            json!([{"id": "est_1", "name": "users", "status": "disabled", "subscriptions": []}]),
        ),
        (
            "hooks",
            "",
            json!([{"id": "1", "name": "old", "enabled": true, "triggerId": "pre-user-registration", "script": ""}]),
        ),
        ("actions/actions", "", json!([signup])),
        (
            "actions/triggers/pre-user-registration/bindings",
            "",
            json!([{"id": "b1", "trigger_id": "pre-user-registration", "action": {"id": "22222222-2222-4222-8222-222222222222"}}]),
        ),
    ]
}

/// More objects than one job asks about: parts, which together say of each what one scan would.
#[tokio::test]
async fn a_large_tenant_is_scanned_in_parts() {
    let mut world: Value = serde_json::from_str(WORLD).unwrap();
    let many: Vec<Value> = (0..1_100)
        .map(|n| json!({"id": format!("con_{n:04}"), "name": format!("c{n}"), "strategy": "oidc", "options": {}}))
        .collect();
    world["connections"] = json!(many);
    for n in (0..1_100).filter(|n| n % 11 != 0) {
        world[format!("connections/con_{n:04}/clients")] = json!([{"client_id": "client1"}]);
    }
    let site = Site::world(&world.to_string()).await;
    let parts = site.part(None).await.unwrap_err();
    let sizes: Vec<usize> = parts.iter().map(|part| part.resources.len()).collect();
    assert_eq!(sizes, [0, 1_000, 100]);
    assert_eq!(site.part(None).await.unwrap_err(), parts, "the same tenant has the same parts");

    let rule = RuleId::new("auth0.connections.orphan").unwrap();
    let (mut found, mut reports) = (BTreeSet::new(), Vec::new());
    for part in &parts {
        let report = site.part(Some(part)).await.unwrap();
        for finding in report.findings.iter().filter(|finding| finding.rule == rule) {
            assert!(found.insert(finding.fingerprint.to_string()), "twice");
        }
        reports.push(report);
    }
    assert_eq!(found.len(), 100);
    let said =
        |report: &ScanReport, id: &str| report.coverage.statement(&rule, &ResourceId::new(id).unwrap());
    let by_part = |id: &str| reports.iter().map(|report| said(report, id)).collect::<Vec<_>>();
    use Statement::{Gone, Ran, Unknown};
    assert_eq!(by_part("con_0500"), [Unknown, Ran, Unknown]);
    assert_eq!(by_part("con_1050"), [Unknown, Unknown, Ran]);
    assert_eq!(by_part("con_gone"), [Gone, Unknown, Unknown], "only the list says that one is gone");
    let checks = |report: &ScanReport| report.checks.iter().any(|check| check.rule == rule);
    assert!(!checks(&reports[0]) && checks(&reports[1]));
    assert!(reports[0].rules.iter().any(|known| known.id == rule), "the rule is not gone");
    // What the lists answer is answered once: the parts ask only what waits for them.
    assert!(reports[1].rules.len() < 10, "{}", reports[1].rules.len());
}

#[tokio::test]
async fn a_list_that_breaks_off_takes_nothing_back() {
    let site = Site::world(WORLD).await;
    let answers = fetch_answers(DOMAIN, &site.spec, &site.ctx).await.unwrap();
    let mut file: Value = serde_json::from_str(&answers.into_json().unwrap()).unwrap();
    for one in file["answers"].as_array_mut().unwrap() {
        if one["path"].as_str().unwrap().starts_with("/api/v2/clients?") {
            one["body"]["next"] = json!("more");
        }
    }
    let cut = Answers::from_json(&file.to_string()).unwrap();
    let report = assess_answers(cut, target(), Arc::clone(&site.ctx.key)).await.unwrap();
    let clients = &report.coverage.objects[&checkmate_domain::CollectionId::new("clients").unwrap()];
    assert!(!clients.complete);
    assert!(!rules(&report, "passed").iter().any(|rule| rule.starts_with("auth0.applications.")
        && rule != "auth0.applications.management-secret"
        && rule != "auth0.applications.pkce"));
}

#[tokio::test]
async fn an_organisation_is_its_tenants() {
    let site = Site::world(WORLD).await;
    let other = TenantSpec { organisation: None, ..site.spec.clone() };
    let tenants =
        BTreeMap::from([(DOMAIN.to_owned(), site.spec.clone()), ("other.eu.auth0.com".to_owned(), other)]);
    let scanner = TenantScanner::new(Arc::new(tenants));
    let found = scanner.discover(&Scope::Org("halden".to_owned()), &site.ctx).await.unwrap();
    assert_eq!(found.targets, [target()]);
    let none = scanner.discover(&Scope::Org("nobody".to_owned()), &site.ctx).await;
    assert!(matches!(none, Err(ScanError::Missing(_))));
    let unknown = scanner.discover(&Scope::Auth0("x.auth0.com".to_owned()), &site.ctx).await;
    assert!(matches!(unknown, Err(ScanError::Missing(_))));
}

/// The path of the contract that a path is an instance of.
fn template<'a>(contract: &'a Value, path: &str) -> Option<&'a String> {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |known: &&String| {
        let known: Vec<&str> = known.split('/').collect();
        known.len() == parts.len()
            && known.iter().zip(&parts).all(|(known, part)| known == part || known.starts_with('{'))
    };
    let paths = contract["paths"].as_object().unwrap();
    paths.keys().find(|known| *known == path).or_else(|| paths.keys().find(fits))
}

#[tokio::test]
async fn everything_that_is_asked_and_answered_is_in_the_vendors_contract() {
    let Some(contract) = contracts::auth0("auth0-management-v2.cut.json") else { return };
    let site = Site::world(WORLD).await;
    site.scan().await;
    let mut wrong = Vec::new();
    let said: Vec<Said> =
        site.sandbox.said().into_iter().filter(|said| said.path.starts_with("/api/v2/")).collect();
    assert!(said.len() > 40, "{}", said.len());
    for one in &said {
        let Some(template) = template(&contract, &one.path) else {
            wrong.push(format!("{} is in no contract", one.path));
            continue;
        };
        let get = &contract["paths"][template]["get"];
        let parameters = get["parameters"].as_array().cloned().unwrap_or_default();
        let known: Vec<String> = parameters
            .iter()
            .map(|parameter| match parameter["$ref"].as_str() {
                Some(reference) => contract.pointer(reference.trim_start_matches('#')).unwrap()["name"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
                None => parameter["name"].as_str().unwrap().to_owned(),
            })
            .collect();
        for name in one.query.keys() {
            if !known.contains(name) {
                wrong.push(format!("{} knows no parameter {name}", one.path));
            }
        }
        if one.status != 200 {
            continue;
        }
        let mut schema = get["responses"]["200"]["content"]["application/json"]["schema"].clone();
        while let Some(reference) = schema["$ref"].as_str() {
            schema = contract.pointer(reference.trim_start_matches('#')).unwrap().clone();
        }
        // The vendor writes "one of" these forms of a page, and most pages have several of them.
        let schema = schema.get("oneOf").map_or(schema.clone(), |forms| json!({"anyOf": forms}));
        let whole = json!({"allOf": [schema], "components": contract["components"]});
        let validator = jsonschema::validator_for(&whole).unwrap();
        wrong
            .extend(validator.iter_errors(&one.answer).take(2).map(|error| format!("{}: {error}", one.path)));
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_hardened_tenant_has_no_findings() {
    let site = Site::world(HARDENED).await;
    let report = site.scan().await;
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|finding| format!("{} {}: {}", finding.rule, finding.resource_name, finding.evidence.seen))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
    let (passed, unseen) = (rules(&report, "passed"), rules(&report, "not-assessed"));
    assert!(passed.len() > 110 && unseen.len() < 6, "{} passed, not assessed: {unseen:#?}", passed.len());
}

#[tokio::test]
async fn a_snapshot_cut_or_changed_anywhere_is_refused_or_read() {
    let site = Site::world(WORLD).await;
    let answers = fetch_answers(DOMAIN, &site.spec, &site.ctx).await.unwrap();
    let file = answers.into_json().unwrap();
    let key = FingerprintKey::new(vec![7; 32]).unwrap();
    let read = |bytes: &[u8]| fuzzing::tenant_snapshot(bytes, &target(), &key);
    let whole = rules(&read(file.as_bytes()).unwrap(), "not-assessed").len();
    for end in (0..file.len() - 2).step_by(997) {
        assert!(read(&file.as_bytes()[..end]).is_none(), "cut at {end}");
    }
    // Every value of one kind becomes another kind: nothing panics, and nothing passes that cannot be read.
    for (from, to) in
        [("true", "[1]"), ("{", "["), ("\"name\"", "\"nom\""), (": [", ": {\"a\": ["), ("null", "\"##X##\"")]
    {
        let _ = read(file.replace(from, to).as_bytes());
    }
    let switched =
        read(file.replace(": true", ": \"##X##\"").replace(": false", ": \"##X##\"").as_bytes()).unwrap();
    let unknown = rules(&switched, "not-assessed").len();
    assert!(unknown > whole + 15, "{whole} before, {unknown} with every switch unknown");
}

#[tokio::test]
async fn a_tenant_that_is_silent_is_tried_again() {
    let mut site = Site::world(WORLD).await;
    site.spec.base = "http://127.0.0.1:9".parse().unwrap();
    let answer = fetch_answers(DOMAIN, &site.spec, &site.ctx).await;
    assert!(
        matches!(&answer, Err(ScanError::Transient(why)) if why.contains("answers nothing")),
        "{answer:?}"
    );
}
