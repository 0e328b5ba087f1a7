//! The tenant's files, taken into an empty tenant by the vendor's own tool.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use checkmate_sandbox::{Example, Sandbox, Tenant};
use checkmate_testkit::contracts;
use checkmate_testkit::tls::TlsFront;
use serde_json::{Value, json};

const SECRET: &str = "the deployer's secret";

/// A tenant at `localhost`, and what leads to it.
pub(crate) struct Imported {
    pub(crate) sandbox: Sandbox,
    pub(crate) keys: Example,
    front: TlsFront,
    certificate: tempfile::NamedTempFile,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The vendor's tool; nothing, with a line that says why, where it cannot be had.
pub(crate) fn tool() -> Option<PathBuf> {
    let found = Command::new(root().join("scripts/need-deploy-cli")).output().unwrap();
    if !found.status.success() {
        let why = String::from_utf8_lossy(&found.stderr);
        assert_eq!(found.status.code(), Some(3), "{why}");
        eprintln!("SKIPPED: {}", why.trim());
        return None;
    }
    Some(PathBuf::from(String::from_utf8(found.stdout).unwrap().trim()))
}

impl Imported {
    pub(crate) async fn start() -> Self {
        let sandbox = Sandbox::start(Tenant::default()).await.unwrap();
        let upstream: SocketAddr = sandbox.base().strip_prefix("http://").unwrap().parse().unwrap();
        let front = TlsFront::start(upstream).await;
        let domain = format!("localhost:{}", front.port());
        sandbox.set(|tenant| *tenant = Tenant::fresh(&domain, SECRET));
        let mut certificate = tempfile::NamedTempFile::new().unwrap();
        certificate.write_all(front.certificate().as_bytes()).unwrap();
        Self { sandbox, keys: Tenant::example().1, front, certificate }
    }

    /// Runs a program with the environment that the files' README asks for.
    pub(crate) fn run(&self, program: &Path, args: &[&str]) -> String {
        let domain = format!("localhost:{}", self.front.port());
        let mut mappings = json!({
            "AUTH0_DOMAIN": domain,
            "WORKER_PUBLIC_PEM": self.keys.worker.public_pem,
            "SUBJECT_PUBLIC_PEM": self.keys.subject.public_pem,
            "MANAGEMENT_PUBLIC_PEM": self.keys.management.public_pem,
            "SCANNER_PUBLIC_PEM": self.keys.management.public_pem,
            "WORKER_ADDRESSES": ["127.0.0.1"],
        });
        for pem in ["WORKER", "SUBJECT", "MANAGEMENT", "SCANNER"].map(|name| format!("{name}_PUBLIC_PEM")) {
            mappings[&pem] = json!(mappings[&pem].as_str().unwrap().replace('\n', "\\n"));
        }
        for name in ["GITHUB_APP", "ATLASSIAN", "ENTRA"] {
            mappings[format!("{name}_CLIENT_ID")] = json!("from the vendor");
            mappings[format!("{name}_CLIENT_SECRET")] = json!("from the vendor");
        }
        mappings["ENTRA_TENANT"] = json!("acme.onmicrosoft.com");
        let done = Command::new(program)
            .args(args)
            .current_dir(root())
            .env("AUTH0_DOMAIN", &domain)
            .env("AUTH0_CLIENT_ID", "deployer")
            .env("AUTH0_CLIENT_SECRET", SECRET)
            .env("AUTH0_KEYWORD_REPLACE_MAPPINGS", mappings.to_string())
            .env("NODE_EXTRA_CA_CERTS", self.certificate.path())
            .output()
            .unwrap();
        said(&done)
    }

    /// The client's id, by its name.
    pub(crate) fn client(&self, name: &str) -> String {
        let clients = self.api("clients");
        let found = clients.iter().find(|client| client["name"] == name);
        found.unwrap_or_else(|| panic!("no {name}"))["client_id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn api(&self, path: &str) -> Vec<Value> {
        let mut found = Vec::new();
        self.sandbox.set(|tenant| found = tenant.api[path].as_array().unwrap().clone());
        found
    }

    /// What was written is what the vendor's contract takes, as far as the contract has it.
    pub(crate) fn requests_fit_the_contract(&self) {
        let Some(contract) = contracts::auth0("auth0-management-v2.cut.json") else { return };
        let mut looked_at = 0;
        for said in self.sandbox.said().iter().filter(|said| said.method == "PATCH") {
            let mut parts: Vec<&str> = said.path.split('/').collect();
            let Some(id) = parts.get_mut(4) else { continue };
            *id = "{id}";
            let path = parts.join("/");
            let schema =
                &contract["paths"][&path]["patch"]["requestBody"]["content"]["application/json"]["schema"];
            let mut body = said.body.clone();
            // Younger than the contract.
            let newer = body.as_object_mut().and_then(|body| body.remove("token_vault_privileged_access"));
            if schema.is_null() || newer.is_some() {
                continue;
            }
            let mut whole = schema.clone();
            whole["components"] = contract["components"].clone();
            let validator = jsonschema::validator_for(&whole).unwrap();
            let bad: Vec<String> = validator.iter_errors(&body).map(|error| error.to_string()).collect();
            assert!(bad.is_empty(), "{path}: {bad:?} of {body}");
            looked_at += 1;
        }
        assert!(looked_at > 0, "nothing was looked at");
    }
}

fn said(done: &Output) -> String {
    let text = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{}: {text}", done.status);
    // The tool would take the key of privileged access away if it might: it may not, and says so.
    let troubles = text.to_lowercase().replace("deleted but auth0_allow_delete is not set", "kept");
    let troubles = troubles.lines().filter(|line| !line.ends_with("kept:"));
    for line in troubles {
        assert!(!["warn", "error", "failed"].iter().any(|bad| line.contains(bad)), "{text}");
    }
    text
}
