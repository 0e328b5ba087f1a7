//! The connection check: is an account that credentials are leased from usable, and may it do what it must?
//!
//! It leases like any job and makes one harmless call, so it finds what a job would find.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use checkmate_domain::id::IdError;
use checkmate_domain::{
    CheckOutcome, CheckResult, CollectionId, Coverage, Evidence, Exposure, Finding, FingerprintKey,
    ObjectList, Part, Place, Reference, Remediation, ReportKind, ResourceId, Rule, RuleCoverage, RuleId,
    ScanReport, ScanStats, Scope, Scopes, Seen, Severity, TargetId,
};
use checkmate_outbound::{BaseUrl, BudgetKey};
use serde_json::Value;

use crate::api::{Api, ApiError};
use crate::contract::{Discovery, ScanContext, ScanError, Scanned, Scanner, configured, no_parts};
use crate::credentials::Need;

/// Who keeps the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// GitHub, by a GitHub App.
    Github,
    /// Jira and Confluence.
    Atlassian,
    /// Microsoft Graph.
    MicrosoftTeams,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Github, Self::Atlassian, Self::MicrosoftTeams];

    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Atlassian => "atlassian",
            Self::MicrosoftTeams => "microsoft-teams",
        }
    }

    /// Whether its refresh tokens rotate.
    #[must_use]
    pub const fn rotates(self) -> bool {
        matches!(self, Self::Github | Self::Atlassian)
    }

    /// What anybody with a good credential may read, and what shows nothing but that.
    const fn harmless(self) -> &'static [&'static str] {
        match self {
            Self::Github => &["user"],
            Self::Atlassian => &["oauth", "token", "accessible-resources"],
            Self::MicrosoftTeams => &["v1.0", "me"],
        }
    }
}

/// An account that is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionSpec {
    /// Its provider.
    pub provider: Provider,
    /// What jobs need of it.
    pub scopes: Scopes,
    /// Where the provider's API is.
    pub base: BaseUrl,
}

/// Checks accounts.
#[derive(Debug, Clone)]
pub struct ConnectionScanner {
    connections: Arc<BTreeMap<String, ConnectionSpec>>,
}

const USABLE: &str = "connection.usable";
const SCOPES: &str = "connection.scopes";

impl ConnectionScanner {
    /// Checks these, by their names in the configuration.
    #[must_use]
    pub fn new(connections: Arc<BTreeMap<String, ConnectionSpec>>) -> Self {
        Self { connections }
    }

    fn find(&self, name: &str) -> Result<&ConnectionSpec, ScanError> {
        configured(&self.connections, name, "connection", "connections")
    }
}

#[async_trait]
impl Scanner for ConnectionScanner {
    async fn discover(&self, scope: &Scope, _ctx: &ScanContext) -> Result<Discovery, ScanError> {
        let Scope::Connection(name) = scope else {
            return Err(ScanError::Permanent(format!("{scope} is no connection: write connection:NAME")));
        };
        self.find(name)?;
        Ok(Discovery { targets: vec![TargetId::new(scope.to_string())?], complete: true })
    }

    async fn scan(
        &self,
        target: &TargetId,
        part: Option<&Part>,
        ctx: &ScanContext,
    ) -> Result<Scanned, ScanError> {
        no_parts(target, part, "a connection has none")?;
        let began = Instant::now();
        let name = target.as_str().strip_prefix("connection:").unwrap_or_default();
        let spec = self.find(name)?;
        let looking = look(name, spec, ctx);
        let seen = ctx.stop.run_until_cancelled(looking).await.ok_or(ScanError::Stopped)??;
        let mut report = report(target, name, spec, &seen, &ctx.key)?;
        report.stats = ScanStats {
            reads: 1,
            millis: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            ..ScanStats::default()
        };
        Ok(Scanned::Report(Box::new(report)))
    }
}

/// What a check saw.
struct Look {
    /// The vendor's words when it did not take the credential.
    not_taken: Option<String>,
    missing: Scopes,
}

async fn look(name: &str, spec: &ConnectionSpec, ctx: &ScanContext) -> Result<Look, ScanError> {
    let purpose = "connection-check".to_owned();
    // Asked for without scopes: what is missing is for the report.
    let need = Need { connection: name.to_owned(), scopes: Scopes::default(), purpose };
    let held = ctx.credentials.lease(&need).await?;
    let missing =
        if held.granted.is_empty() { Scopes::default() } else { held.granted.missing(&spec.scopes) };
    drop(held);
    let api = Api { credentials: &*ctx.credentials, need, base: &spec.base };
    // Providers limit by account: what one process is told of it holds for the others too.
    let budget = BudgetKey::new(format!("connection:{name}"));
    match api.get::<Value>(spec.provider.harmless(), &budget).await {
        Ok(_) => Ok(Look { not_taken: None, missing }),
        Err(error @ (ApiError::NotTaken(_) | ApiError::Forbidden(_))) => {
            Ok(Look { not_taken: Some(error.to_string()), missing })
        }
        Err(error) => Err(error.into()),
    }
}

fn report(
    target: &TargetId,
    name: &str,
    spec: &ConnectionSpec,
    look: &Look,
    key: &FingerprintKey,
) -> Result<ScanReport, IdError> {
    let (rules, resource, collection) = (rules()?, ResourceId::new(name)?, CollectionId::new("connection")?);
    let usable = look.not_taken.as_deref().map(|said| Evidence {
        pointer: spec.base.host().to_owned(),
        seen: said.to_owned(),
        expected: format!(
            "the credential is taken; 'checkmate connections connect {name}' connects the account again"
        ),
    });
    let scopes = (!look.missing.is_empty()).then(|| Evidence {
        pointer: "scopes".to_owned(),
        seen: format!("missing: {}", look.missing),
        expected: format!("{}; 'checkmate connections connect {name}' asks for what is missing", spec.scopes),
    });
    let mut findings = Vec::new();
    let mut checks = Vec::new();
    for (rule, evidence) in rules.iter().zip([usable, scopes]) {
        let outcome = if evidence.is_some() { CheckOutcome::Failed } else { CheckOutcome::Passed };
        checks.push(CheckResult { rule: rule.id.clone(), outcome, unseen: Vec::new() });
        findings.extend(evidence.map(|evidence| Finding {
            fingerprint: key.fingerprint(&rule.id, target, &resource, ""),
            rule: rule.id.clone(),
            place: Place {
                rule: rule.id.clone(),
                target: target.clone(),
                resource: resource.clone(),
                discriminator: String::new(),
            },
            resource_name: name.to_owned(),
            title: rule.title.clone(),
            severity: rule.severity,
            exposure: Exposure::Internal,
            evidence,
        }));
    }
    let seen =
        |rule: &Rule| (rule.id.clone(), RuleCoverage { collection: collection.clone(), seen: Seen::All });
    let listed = ObjectList { complete: true, ids: BTreeSet::from([resource]) };
    Ok(ScanReport {
        kind: ReportKind::Whole,
        target: target.clone(),
        checks,
        findings,
        coverage: Coverage {
            rules: rules.iter().map(seen).collect(),
            objects: BTreeMap::from([(collection.clone(), listed)]),
        },
        rules,
        stats: ScanStats::default(),
        triage: Vec::new(),
    })
}

/// In the order of the evidence in [`report`].
fn rules() -> Result<Vec<Rule>, IdError> {
    let reference = || Reference {
        title: "Token Vault".to_owned(),
        url: "https://auth0.com/docs/secure/call-apis-on-users-behalf/token-vault".to_owned(),
    };
    let rule = |id: &str, title: &str, severity, rationale: &str, summary: &str, steps: &[&str]| {
        Ok(Rule {
            id: RuleId::new(id)?,
            aliases: Vec::new(),
            title: title.to_owned(),
            severity,
            rationale: rationale.to_owned(),
            remediation: Remediation {
                summary: summary.to_owned(),
                steps: steps.iter().map(|step| (*step).to_owned()).collect(),
            },
            references: vec![reference()],
            equivalents: Vec::new(),
        })
    };
    let usable = rule(
        USABLE,
        "The provider takes credentials of this connection",
        Severity::High,
        "A credential was leased and its provider does not take it: everything that needs this account fails.",
        "Connect the account again, and look at the provider whether the app is still allowed.",
        &[
            "checkmate connections connect NAME",
            "At the provider: the app's page under the account's authorised apps.",
        ],
    )?;
    let scopes = rule(
        SCOPES,
        "The account may do what jobs need",
        Severity::Moderate,
        "Jobs that need the missing scopes end without looking, or cannot deliver.",
        "Connect the account again with all scopes of its configuration.",
        &["checkmate connections connect NAME"],
    )?;
    Ok(vec![usable, scopes])
}
