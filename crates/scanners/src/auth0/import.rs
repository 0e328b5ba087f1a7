//! Reports of the reference tool, Auth0 CheckMate, taken in as results: `HOST_LOCALE_DATE_report.json`.
//!
//! A report names what failed and nothing else, so it is a part: it opens and confirms findings and can resolve none. Where
//! one rule of ours, and only one, asks what a validator asks and is as strict, the finding is that rule's, so that the history goes on when
//! the tenant is scanned by ourselves. Else it is a finding of a rule that bears the validator's name: ours may be
//! narrower, and nothing is claimed that was not looked at. It is withdrawn by the second scan of our own, as a rule that
//! nobody asks any more: ours ask all that the validators ask.
//!
//! Format: version 1.8.4 of the tool, an array of validators with `details`.

use std::collections::{BTreeMap, BTreeSet};

use checkmate_domain::id::IdError;
use checkmate_domain::{
    CheckOutcome, CheckResult, CollectionId, Coverage, Evidence, Exposure, Finding, FingerprintKey, Place,
    Reference, Remediation, ReportKind, ResourceId, Rule, RuleCoverage, RuleId, ScanReport, ScanStats, Seen,
    Severity, TargetId,
};
use serde::Deserialize;
use serde_json::Value;

use super::address::shown;
use super::all::ALL;
use super::check::{Ask, Check, first_few, line};
use super::secret;

/// The end of the name of a report.
pub(crate) const ENDING: &str = "_report.json";
/// The most details of one report.
const MOST: usize = 100_000;
/// Validators that report on every tenant, whatever is set: what they say is no finding.
const ALWAYS: [&str; 3] =
    ["checkEnabledDynamicClientRegistration", "checkPromotedDBConnection", "checkSessionLifetime"];
/// What the tool writes as a failure where there was nothing to look at.
const NOTHING_THERE: [&str; 2] = ["no_database_connections_found", "canonical_domain_no_logs"];

/// Validators that fail what our rule of the same question lets pass (docs/tenants.md says which): what they say stays theirs.
const STRICTER_THAN_OURS: [&str; 14] = [
    "checkAPIAuthorizationPolicy",
    "checkActionsHardCodedValues",
    "checkAllowedCallbacks",
    "checkAllowedLogoutUrl",
    "checkCanonicalDomain",
    "checkDASHardCodedValues",
    "checkDependencies",
    "checkEmailTemplates",
    "checkEventStreams",
    "checkGrantTypes",
    "checkManagementAPIACL",
    "checkPrivateKeyJWT",
    "checkRefreshToken",
    "checkWebOrigins",
];

/// One validator.
#[derive(Deserialize)]
struct Validator {
    name: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    severity: Option<String>,
    #[serde(default)]
    advisory: Advisory,
    #[serde(default, rename = "docsPath")]
    docs: Value,
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Advisory {
    issue: Value,
    how_to_fix: Value,
}

/// One thing that failed.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    name: Value,
    field: Value,
    value: Value,
    message: Value,
}

/// Why a file is no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoReport {
    #[error(
        "its name does not begin with the tenant's host, as acme.eu.auth0.com_en_2026-11-26_10_00_00_report.json does"
    )]
    Name,
    #[error("it is not the array of validators that the tool writes: {0}")]
    Form(serde_json::Error),
    #[error("it has more than {MOST} details")]
    Long,
    #[error("{0}")]
    Id(#[from] IdError),
}

/// The tenant that a report is about, by the name of its file.
pub(crate) fn target(file: &str) -> Result<TargetId, NoReport> {
    let host = file.strip_suffix(ENDING).and_then(|rest| rest.split('_').next()).ok_or(NoReport::Name)?;
    let plain =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !host.contains('.') || !host.split('.').all(plain) {
        return Err(NoReport::Name);
    }
    Ok(TargetId::new(format!("auth0:{}", host.to_ascii_lowercase()))?)
}

/// The findings of a report.
pub(crate) fn read(bytes: &[u8], target: &TargetId, key: &FingerprintKey) -> Result<ScanReport, NoReport> {
    let validators: Vec<Validator> = serde_json::from_slice(bytes).map_err(NoReport::Form)?;
    if validators.iter().map(|validator| validator.details.len()).sum::<usize>() > MOST {
        return Err(NoReport::Long);
    }
    let mut taken = Taken::default();
    for validator in validators.iter().filter(|validator| !ALWAYS.contains(&validator.name.as_str())) {
        take(&mut taken, validator, target, key)?;
    }
    Ok(taken.report(target))
}

/// What was taken in so far.
#[derive(Default)]
struct Taken {
    rules: BTreeMap<RuleId, Rule>,
    findings: BTreeMap<Place, Finding>,
    coverage: Coverage,
}

impl Taken {
    fn report(self, target: &TargetId) -> ScanReport {
        let failed = |rule: &Rule| CheckResult {
            rule: rule.id.clone(),
            outcome: CheckOutcome::Failed,
            unseen: Vec::new(),
        };
        ScanReport {
            kind: ReportKind::Part,
            target: target.clone(),
            checks: self.rules.values().map(failed).collect(),
            rules: self.rules.into_values().collect(),
            findings: self.findings.into_values().collect(),
            coverage: self.coverage,
            stats: ScanStats::default(),
            triage: Vec::new(),
        }
    }
}

fn take(
    taken: &mut Taken,
    validator: &Validator,
    target: &TargetId,
    key: &FingerprintKey,
) -> Result<(), NoReport> {
    let ours = ours(&validator.name);
    let (rule, collection) = match ours {
        Some(check) => (check.meta.rule()?, collection(check)),
        None => (theirs(validator)?, "imported"),
    };
    let collection = CollectionId::new(collection)?;
    for (resource, details) in by_resource(validator, ours)? {
        let place = Place {
            rule: rule.identity().clone(),
            target: target.clone(),
            resource: resource.clone(),
            discriminator: String::new(),
        };
        let fingerprint = key.fingerprint(&place.rule, target, &resource, "");
        let name = details.first().map_or_else(String::new, |detail| text(&detail.name));
        let finding = Finding {
            fingerprint,
            rule: rule.id.clone(),
            resource_name: line(if name.is_empty() { resource.as_str() } else { &name }),
            title: line(&title(validator, &rule)),
            severity: severity(validator).unwrap_or(rule.severity),
            exposure: ours.map_or(Exposure::Internal, |check| check.meta.exposure),
            evidence: evidence(&details),
            place: place.clone(),
        };
        taken.findings.insert(place, finding);
        let list = taken.coverage.objects.entry(collection.clone()).or_default();
        list.ids.insert(resource.clone());
        let seen = taken.coverage.rules.entry(rule.identity().clone()).or_insert_with(|| RuleCoverage {
            collection: collection.clone(),
            seen: Seen::Only(BTreeSet::new()),
        });
        if let Seen::Only(seen) = &mut seen.seen {
            seen.insert(resource);
        }
        taken.rules.insert(rule.id.clone(), rule.clone());
    }
    Ok(())
}

/// Our only rule that asks what the validator asks.
fn ours(validator: &str) -> Option<&'static Check> {
    if STRICTER_THAN_OURS.contains(&validator) {
        return None;
    }
    let mut asking = ALL.iter().filter(|check| check.meta.checkmate.contains(&validator));
    let first = asking.next()?;
    (asking.next().is_none() && first.meta.checkmate.len() == 1).then_some(*first)
}

fn collection(check: &Check) -> &'static str {
    match check.ask {
        Ask::Tenant(_) => "tenant",
        Ask::Each(collection, _) => collection.source().id,
    }
}

/// What failed at each resource: by its name, which is all a report knows of it.
fn by_resource<'a>(
    validator: &'a Validator,
    ours: Option<&Check>,
) -> Result<BTreeMap<ResourceId, Vec<&'a Detail>>, NoReport> {
    let mut found: BTreeMap<ResourceId, Vec<&Detail>> = BTreeMap::new();
    let of_tenant = ours.is_some_and(|check| matches!(check.ask, Ask::Tenant(_)));
    for detail in &validator.details {
        if NOTHING_THERE.contains(&text(&detail.field).as_str()) {
            continue;
        }
        let name = text(&detail.name);
        let resource = if of_tenant || name.trim().is_empty() { "tenant".to_owned() } else { line(&name) };
        let resource: String = resource.trim().chars().take(200).collect();
        found.entry(ResourceId::new(resource)?).or_default().push(detail);
    }
    Ok(found)
}

fn title(validator: &Validator, rule: &Rule) -> String {
    let said = validator.title.as_deref().filter(|title| !title.trim().is_empty());
    said.map_or_else(|| rule.title.clone(), str::to_owned)
}

fn severity(validator: &Validator) -> Option<Severity> {
    match validator.severity.as_deref()? {
        "High" => Some(Severity::High),
        "Moderate" => Some(Severity::Moderate),
        "Low" => Some(Severity::Low),
        "Info" | "GenAI" => Some(Severity::Info),
        _ => None,
    }
}

/// What was seen, in the words of the report.
fn evidence(details: &[&Detail]) -> Evidence {
    let said = |detail: &&Detail| {
        let (field, value) = (text(&detail.field), told(&text(&detail.field), &text(&detail.value)));
        match (value.is_empty(), text(&detail.message)) {
            (false, _) => format!("{field}: {value}"),
            (true, message) if !message.is_empty() => format!("{field}: {message}"),
            _ => field,
        }
    };
    let all: Vec<String> = details.iter().map(said).collect();
    Evidence {
        pointer: line(&details.first().map_or_else(String::new, |detail| text(&detail.field))),
        seen: line(&first_few(&all)),
        expected: "as the tool's own description says".to_owned(),
    }
}

/// A value of the report, without what may be a secret in it.
fn told(field: &str, value: &str) -> String {
    match secret::anywhere(field, value) {
        Some(kind) => kind.redacted(),
        None => value.split(' ').map(shown).collect::<Vec<_>>().join(" "),
    }
}

/// A rule in the tool's name.
fn theirs(validator: &Validator) -> Result<Rule, NoReport> {
    let words: String =
        validator.name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(60).collect();
    let links = match &validator.docs {
        Value::Array(links) => links.iter().map(text).collect(),
        other => vec![text(other)],
    };
    let links = links.into_iter().filter(|link| link.starts_with("https://"));
    let steps = match &validator.advisory.how_to_fix {
        Value::Array(steps) => steps.iter().map(|step| line(&text(step))).collect(),
        other => vec![line(&text(other))],
    };
    Ok(Rule {
        id: RuleId::new(format!("imported.auth0-checkmate.{}", words.to_ascii_lowercase()))?,
        aliases: Vec::new(),
        title: line(validator.title.as_deref().unwrap_or(&validator.name)),
        severity: severity(validator).unwrap_or(Severity::Info),
        rationale: line(&text(&validator.advisory.issue)),
        remediation: Remediation {
            summary: "As the report's own advice says.".to_owned(),
            steps: steps.into_iter().filter(|step| !step.is_empty()).take(20).collect(),
        },
        references: links
            .take(10)
            .map(|url| Reference { title: "Auth0".to_owned(), url: line(&url) })
            .collect(),
        equivalents: vec![format!("auth0-checkmate/{words}")],
    })
}

/// A text, or whatever stands in its place; markup of the tool's messages is left out.
fn text(value: &Value) -> String {
    let whole = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut plain = String::new();
    let mut inside = false;
    for c in whole.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    if inside { whole } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_report_are_not_kept() {
        for (value, expected) in [
            ("http://localhost:3000/cb?x=Pl4nt", "http://localhost:3000/cb"),
            (
                "http://localhost:3000?token=Pl4ntZrT1xWm4Kd9",
                "a text called by the name of a secret (16 characters)",
            ),
            ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "a GitHub token (40 characters)"),
            ("implicit, password", "implicit, password"),
        ] {
            assert_eq!(told("callbacks", value), expected);
        }
    }
    use checkmate_domain::{ResourceId, Statement};

    const REPORT: &str = r#"[
      {"name": "checkBruteForce", "title": "Brute Force Protection", "status": "red", "severity": "High",
       "advisory": {"issue": "Off", "how_to_fix": ["Turn it on"]}, "docsPath": ["https://auth0.com/docs/x"],
       "details": [{"field": "enabled", "status": "red", "value": false}], "detailsLength": 1},
      {"name": "checkDefaultAudience", "title": "Default audience", "status": "yellow", "severity": "Info",
       "details": [{"name": "acme", "field": "default_audience", "value": "https://api/", "status": "yellow"}]},
      {"name": "checkGrantTypes", "title": "Grant types", "status": "red", "severity": "High",
       "details": [{"name": "Shop", "field": "unexpected", "value": "<b>implicit</b>", "status": "red"},
                   {"name": "Shop", "field": "unexpected", "value": "password", "status": "red"},
                   {"name": "=cmd()\u0000", "field": "unexpected", "value": "password", "status": "red"}]},
      {"name": "checkSessionLifetime", "severity": "Info", "details": [{"field": "idle", "value": 72}]},
      {"name": "checkPasswordPolicy", "severity": "High", "details": [{"field": "no_database_connections_found"}]}
    ]"#;

    fn report(text: &str) -> ScanReport {
        let key = FingerprintKey::new(vec![7; 32]).unwrap();
        read(text.as_bytes(), &TargetId::new("auth0:acme.eu.auth0.com").unwrap(), &key).unwrap()
    }

    #[test]
    fn a_report_opens_and_can_resolve_nothing() {
        let report = report(REPORT);
        assert_eq!(report.kind, ReportKind::Part);
        let told: Vec<(&str, &str)> = report
            .findings
            .iter()
            .map(|finding| (finding.rule.as_str(), finding.place.resource.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("auth0.tenant.default-audience", "tenant"),
                ("imported.auth0-checkmate.checkbruteforce", "tenant"),
                ("imported.auth0-checkmate.checkgranttypes", "=cmd()"),
                ("imported.auth0-checkmate.checkgranttypes", "Shop"),
            ]
        );
        assert!(report.findings[3].evidence.seen.contains("implicit, unexpected: password"));
        for finding in &report.findings {
            let said = report.coverage.statement(&finding.place.rule, &finding.place.resource);
            assert_eq!(said, Statement::Ran);
            let elsewhere = ResourceId::new("another").unwrap();
            assert_eq!(report.coverage.statement(&finding.place.rule, &elsewhere), Statement::Unknown);
        }
    }

    #[test]
    fn the_tenant_is_in_the_name_of_the_file() {
        let told = |file: &str| target(file).ok().map(|target| target.to_string());
        let file = "Acme.eu.auth0.com_en_2026-11-26_10_00_00_report.json";
        assert_eq!(told(file).as_deref(), Some("auth0:acme.eu.auth0.com"));
        for file in
            ["report.json", "_report.json", "acme_report.json", "a..b_report.json", "a.b/../c_report.json"]
        {
            assert_eq!(told(file), None, "{file}");
        }
    }

    #[test]
    fn what_is_no_report_is_refused() {
        let key = FingerprintKey::new(vec![7; 32]).unwrap();
        let target = TargetId::new("auth0:acme.eu.auth0.com").unwrap();
        for text in ["", "{}", "[1]", "[{\"details\": 3}]", "null"] {
            assert!(matches!(read(text.as_bytes(), &target, &key), Err(NoReport::Form(_))), "{text}");
        }
        assert!(report("[]").findings.is_empty());
    }
}
