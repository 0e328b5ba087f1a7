//! Whom we believe. Made once: reading the system's certificates takes milliseconds.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, crypto};
use rustls_platform_verifier::Verifier;

use crate::settings::{Settings, SettingsError};

/// The system's certificates and those of the settings. Sessions are not resumed: nothing of one job's connections is kept
/// for the next.
pub(crate) fn config(settings: &Settings) -> Result<ClientConfig, SettingsError> {
    let unusable = |error: rustls::Error| SettingsError::Client(error.to_string());
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let verifier =
        Verifier::new_with_extra_roots(extra(settings)?, Arc::clone(&provider)).map_err(unusable)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let verified = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = verified.with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn extra(settings: &Settings) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let Some(path) = &settings.ca_file else { return Ok(Vec::new()) };
    let bad = |why: String| SettingsError::CaFile { path: path.clone(), why };
    let pem = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.map_err(|error| bad(error.to_string()))?;
    if found.is_empty() {
        return Err(bad("no certificate is in it".to_owned()));
    }
    Ok(found)
}
