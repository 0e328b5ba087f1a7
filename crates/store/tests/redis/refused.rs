//! Servers and settings that cannot keep the promises, and what is said of them.

use checkmate_store::redis::{RedisConfig, RedisStore};
use checkmate_store::{Durability, Store, StoreError};
use checkmate_testkit::redis::{Redis, RedisOptions};

use crate::support::{config, connect, new_scan, options, with_password};

async fn refusal(config: RedisConfig) -> String {
    match RedisStore::connect(config).await.err().expect("refused") {
        StoreError::Misconfigured(text) => text,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn each_setting_is_refused_with_the_line_to_change() {
    let policy = RedisOptions { policy: "allkeys-lru".to_owned(), ..RedisOptions::default() };
    let volatile = RedisOptions { append_only: false, ..RedisOptions::default() };
    for (options, line) in [
        (options(&["cluster-enabled yes"]), "cluster-enabled no"),
        (policy, "maxmemory-policy noeviction"),
        (volatile, "appendonly yes"),
    ] {
        let redis = Redis::start_with(options);
        let text = refusal(config(&redis)).await;
        assert!(text.contains(line), "{text}");
    }
}

#[tokio::test]
async fn a_volatile_redis_is_taken_when_somebody_says_so() {
    let redis = Redis::start_with(RedisOptions { append_only: false, ..RedisOptions::default() });
    let mut config = config(&redis);
    config.allow_volatile = true;
    let store = RedisStore::connect(config).await.expect("allowed");
    let Durability { always, warnings } = store.durability().await.expect("durability");
    assert!(!always && warnings[0].contains("loses everything"), "{warnings:?}");
}

#[tokio::test]
async fn what_may_not_be_looked_at_is_never_called_fine() {
    let redis =
        Redis::start_with(options(&["user default on nopass ~* &* +@all -config", "appendfsync always"]));
    let store = connect(&redis).await;
    let Durability { always, warnings } = store.durability().await.expect("durability");
    assert!(!always && warnings[0].contains("could not be checked"), "{warnings:?}");
}

#[tokio::test]
async fn logins() {
    let redis =
        Redis::start_with(RedisOptions { password: Some("right".to_owned()), ..RedisOptions::default() });
    for config in [config(&redis), with_password(config(&redis), "wrong")] {
        let text = refusal(config).await;
        assert!(text.contains("password file"), "{text}");
    }
    RedisStore::connect(with_password(config(&redis), "right")).await.expect("connected");
}

#[tokio::test]
async fn a_user_without_a_permission_is_told_to_get_it() {
    let redis = Redis::start_with(options(&["user default on nopass ~* &* +@all -info"]));
    assert!(refusal(config(&redis)).await.contains("ACL SETUSER"));
}

#[tokio::test]
async fn trouble_that_passes_is_unavailable() {
    for (setting, advice) in [
        (["CONFIG", "SET", "maxmemory", "1"].as_slice(), "raise it"),
        (&["REPLICAOF", "127.0.0.1", "1"], "primary"),
    ] {
        let redis = Redis::start();
        let store = connect(&redis).await;
        redis.command(setting);
        let error = store.create_scan(&new_scan("s", 1)).await.expect_err("refused");
        assert!(matches!(&error, StoreError::Unavailable(text) if text.contains(advice)), "{error}");
        assert_eq!(store.scan(&new_scan("s", 1).id).await, Ok(None));
    }
}

#[tokio::test]
async fn nobody_there() {
    let mut redis = Redis::start();
    let config = config(&redis);
    redis.kill9();
    let error = RedisStore::connect(config).await.err().expect("refused");
    assert!(matches!(&error, StoreError::Unavailable(text) if text.contains("is it running")), "{error}");
}
