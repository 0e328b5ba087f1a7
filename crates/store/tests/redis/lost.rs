//! Connections that stall or break: every call ends, says why, and the store works again by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use checkmate_store::redis::RedisStore;
use checkmate_store::{Store, StoreError};
use checkmate_testkit::redis::Redis;

use crate::support::{config, connect, new_scan};

async fn works_again(store: &RedisStore) {
    for _ in 0..20 {
        if store.now().await.is_ok() {
            return;
        }
    }
    panic!("the store did not come back")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_after_a_second_is_an_answer() {
    let redis = Redis::start();
    let store = Arc::new(connect(&redis).await);
    redis.freeze();
    let calls: Vec<_> = (0..10)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.create_scan(&new_scan(&format!("s{n}"), 1)).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    redis.thaw();
    for call in calls {
        call.await.expect("joined").expect("an answer");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_gets_no_answer_ends_and_the_next_connects_anew() {
    let redis = Redis::start();
    let mut config = config(&redis);
    config.response_timeout = Duration::from_millis(300);
    let store = RedisStore::connect(config).await.expect("store");
    redis.freeze();
    let asked = Instant::now();
    let error = store.now().await.expect_err("frozen");
    assert!(matches!(&error, StoreError::Unavailable(text) if text.contains("in time")), "{error}");
    assert!(asked.elapsed() < Duration::from_secs(2));
    redis.thaw();
    works_again(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_in_the_middle_of_a_call_is_replaced() {
    let mut redis = Redis::start();
    let store = Arc::new(connect(&redis).await);
    redis.freeze();
    let call = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.create_scan(&new_scan("s", 1)).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    redis.kill9();
    let error = call.await.expect("joined").expect_err("lost");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");

    let error = store.now().await.expect_err("down");
    assert!(
        matches!(&error, StoreError::Unavailable(text) if text.contains("refused the connection")),
        "{error}"
    );
    redis.launch();
    works_again(&store).await;
    store.create_scan(&new_scan("s", 1)).await.expect("works again");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_callers_of_a_dead_redis_all_hear_of_it_soon() {
    let mut redis = Redis::start();
    let store = Arc::new(connect(&redis).await);
    redis.kill9();
    let asked = Instant::now();
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.now().await })
        })
        .collect();
    for call in calls {
        call.await.expect("joined").expect_err("down");
    }
    assert!(asked.elapsed() < Duration::from_secs(8), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let redis = Redis::start();
    let store = connect(&redis).await;
    store.close().await;
    let error = store.now().await.expect_err("closed");
    assert!(error.to_string().contains("closed"), "{error}");
}
