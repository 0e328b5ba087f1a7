//! One TLS provider for the whole process, chosen before anything connects: a crate that finds none panics.

/// Installs aws-lc-rs; harmless when it is there already.
pub fn install_provider() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
