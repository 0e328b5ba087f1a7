//! TLS with a private authority, and a password over it.

use std::path::PathBuf;

use checkmate_store::redis::{ClientCert, RedisConfig, RedisStore};
use checkmate_store::{Store, StoreError};
use checkmate_testkit::redis::{Redis, RedisOptions, TlsFiles};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::support::{config, with_password};

struct Authority {
    folder: tempfile::TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("params");
        params.distinguished_name.push(DnType::CommonName, "a private authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("key")).expect("authority");
        let authority = Self { folder: tempfile::tempdir().expect("folder"), issuer };
        authority.write("ca.pem", &authority.issuer.pem());
        authority
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn issue(&self, name: &str) -> ClientCert {
        let key = KeyPair::generate().expect("key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("params");
        let cert = params.signed_by(&key, &self.issuer).expect("certificate");
        ClientCert {
            cert: self.write(&format!("{name}.pem"), &cert.pem()),
            key: self.write(&format!("{name}.key"), &key.serialize_pem()),
        }
    }

    fn redis(&self, demand_client: bool) -> Redis {
        let ClientCert { cert, key } = self.issue("localhost");
        let tls = TlsFiles { ca: self.ca(), cert, key, demand_client };
        Redis::start_with(RedisOptions {
            tls: Some(tls),
            password: Some("pass-word".to_owned()),
            ..RedisOptions::default()
        })
    }
}

fn trusting(redis: &Redis, authority: &Authority) -> RedisConfig {
    let mut config = with_password(config(redis), "pass-word");
    config.ca_file = Some(authority.ca());
    config
}

#[tokio::test]
async fn a_private_authority_and_a_password() {
    let authority = Authority::new();
    let redis = authority.redis(false);
    let store = RedisStore::connect(trusting(&redis, &authority)).await.expect("connected");
    store.now().await.expect("an answer");
}

#[tokio::test]
async fn a_server_signed_by_somebody_else_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let redis = authority.redis(false);
    for config in [trusting(&redis, &other), with_password(config(&redis), "pass-word")] {
        let error = RedisStore::connect(config).await.err().expect("refused");
        assert!(matches!(&error, StoreError::Unavailable(text) if text.contains("certificate")), "{error}");
    }
}

#[tokio::test]
async fn a_client_certificate_where_one_is_demanded() {
    let authority = Authority::new();
    let redis = authority.redis(true);
    let mut config = trusting(&redis, &authority);
    assert!(RedisStore::connect(trusting(&redis, &authority)).await.is_err());
    config.client_cert = Some(authority.issue("client"));
    RedisStore::connect(config).await.expect("connected").now().await.expect("an answer");
}

#[tokio::test]
async fn a_missing_certificate_file_is_named() {
    let authority = Authority::new();
    let redis = authority.redis(false);
    let mut config = trusting(&redis, &authority);
    config.ca_file = Some("no-such-ca.pem".into());
    let error = RedisStore::connect(config).await.err().expect("refused");
    assert!(matches!(&error, StoreError::Misconfigured(text) if text.contains("no-such-ca.pem")), "{error}");
}
