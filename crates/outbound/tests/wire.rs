//! Calls against a server that does what a script says, byte by byte.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod server;

use std::sync::Arc;
use std::time::{Duration, Instant};

use checkmate_domain::Secret;
use checkmate_outbound::{
    BaseUrl, BudgetKey, Call, CallError, Circuit, HeaderMap, InProcess, NoBudget, Outbound, Reach, Repeat,
    SecretUrl, Settings,
};
use reqwest::header::HeaderValue;
use server::{Act, Server, answer};
use url::Url;

fn quick() -> Settings {
    Settings {
        connect_timeout: Duration::from_secs(2),
        read_timeout: Duration::from_millis(300),
        total_timeout: Duration::from_secs(5),
        backoff: (Duration::from_millis(1), Duration::from_millis(5)),
        ..Settings::default()
    }
}

fn outbound(settings: Settings) -> Outbound {
    Outbound::new(settings, Arc::new(NoBudget)).unwrap()
}

fn url(server: &Server, path: &str) -> Url {
    server.base().parse::<BaseUrl>().unwrap().join(&[path])
}

#[tokio::test]
async fn an_answer_comes_whole_with_its_status() {
    let server = Server::start(vec![Act::Say(answer(404, "", "{\"a\": 1}"))]).await;
    let client = outbound(quick()).client().unwrap();
    let token = Secret::new(b"hunter2".to_vec());
    let call =
        Call::get(url(&server, "x")).bearer(&token).query("q", "a b").header("accept", "application/json");
    let got = client.send(&call).await.unwrap();
    assert_eq!((got.status, got.attempts, got.is_success()), (404, 1, false));
    assert_eq!(got.json::<serde_json::Value>().unwrap()["a"], 1);
    let asked = server.asked();
    assert!(asked[0].starts_with("GET /x?q=a+b HTTP/1.1\r\n"), "{asked:?}");
    assert!(asked[0].contains("authorization: Bearer hunter2\r\n"), "{asked:?}");
    assert!(!format!("{got:?}").contains("hunter2"));
}

#[tokio::test]
async fn what_is_safe_is_repeated_and_the_rest_is_not() {
    let script = || vec![Act::Cut, Act::Say(answer(503, "", "")), Act::Say(answer(200, "", "fine"))];
    let server = Server::start(script()).await;
    let client = outbound(quick()).client().unwrap();
    let got = client.send(&Call::get(url(&server, "x"))).await.unwrap();
    assert_eq!((got.status, got.attempts, server.asked().len()), (200, 3, 3));

    let server = Server::start(script()).await;
    let cut = client.send(&Call::post(url(&server, "x")).json(&"body")).await.unwrap_err();
    assert!(matches!(cut, CallError::Unreachable { maybe_sent: true, .. }), "{cut}");
    assert_eq!(server.asked().len(), 1);

    let server = Server::start(vec![Act::Say(answer(429, "", "")), Act::Say(answer(201, "", ""))]).await;
    let call = Call::post(url(&server, "x")).repeat(Repeat::Unsent);
    assert_eq!(client.send(&call).await.unwrap().status, 201);
}

#[tokio::test]
async fn an_answer_says_whether_one_before_it_was_lost() {
    for (before, lost) in [
        (Act::Cut, true),
        (Act::Hang, true),
        (Act::Say(answer(504, "", "")), true),
        (Act::Say(answer(429, "", "")), false),
    ] {
        let server = Server::start(vec![before, Act::Say(answer(404, "", ""))]).await;
        let client = outbound(quick()).client().unwrap();
        let got = client.send(&Call::delete(url(&server, "x"))).await.unwrap();
        assert_eq!((got.status, got.attempts, got.maybe_done_before), (404, 2, lost));
    }
    let server = Server::start(vec![Act::Say(answer(404, "", ""))]).await;
    let client = outbound(quick()).client().unwrap();
    assert!(!client.send(&Call::delete(url(&server, "x"))).await.unwrap().maybe_done_before);
}

#[tokio::test]
async fn a_call_with_less_time_ends_sooner_and_never_later() {
    let slow = Settings { read_timeout: Duration::from_secs(5), ..quick() };
    let (short, long) = (Duration::from_millis(200), Duration::from_secs(60));
    for (settings, within) in [(slow.clone(), short), (Settings { total_timeout: short, ..slow }, long)] {
        let server = Server::start(vec![Act::Hang]).await;
        let client = outbound(settings).client().unwrap();
        let began = Instant::now();
        let error = client.send(&Call::get(url(&server, "x")).within(within)).await.unwrap_err();
        assert!(matches!(error, CallError::TimedOut { maybe_sent: true, .. }), "{error}");
        assert!((short..Duration::from_secs(2)).contains(&began.elapsed()), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_vendor_that_asks_to_wait_is_waited_for() {
    let busy = answer(429, "retry-after: 1\r\n", "");
    let server = Server::start(vec![Act::Say(busy), Act::Say(answer(200, "", ""))]).await;
    let client = outbound(quick()).client().unwrap();
    let began = Instant::now();
    assert_eq!(client.send(&Call::get(url(&server, "x"))).await.unwrap().status, 200);
    assert!(began.elapsed() >= Duration::from_secs(1));

    // Longer than the call may last: the answer says so, and whoever asked decides.
    let server = Server::start(vec![Act::Say(answer(429, "retry-after: 60\r\n", ""))]).await;
    let got = client.send(&Call::get(url(&server, "x"))).await.unwrap();
    assert_eq!((got.status, got.attempts), (429, 1));
    assert_eq!(got.retry_after(checkmate_domain::Timestamp::now()), Some(Duration::from_secs(60)));
}

#[tokio::test]
async fn who_does_not_answer_is_left_in_time() {
    let client = outbound(Settings { attempts: 1, ..quick() }).client().unwrap();
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_vec();
    for act in [Act::Hang, Act::SayThenHang(half)] {
        let server = Server::start(vec![act]).await;
        let began = Instant::now();
        let error = client.send(&Call::get(url(&server, "x"))).await.unwrap_err();
        assert!(error.is_transient() && error.maybe_sent(), "{error}");
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    }
    let nobody = Url::parse("http://127.0.0.1:1/x").unwrap();
    let error = client.send(&Call::post(nobody)).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable { maybe_sent: false, .. }), "{error}");
}

#[tokio::test]
async fn a_body_beyond_the_cap_is_not_read() {
    let settings = Settings { body_cap: 1_000, ..quick() };
    let client = outbound(settings).client().unwrap();
    let told = answer(200, "", &"x".repeat(1_001));
    let mut endless = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..5 {
        endless.extend(format!("100\r\n{}\r\n", "x".repeat(256)).bytes());
    }
    for act in [Act::Say(told), Act::SayThenHang(endless)] {
        let server = Server::start(vec![act]).await;
        let error = client.send(&Call::get(url(&server, "x"))).await.unwrap_err();
        assert_eq!(error, CallError::TooLarge { host: server.host(), cap: 1_000 });
    }
}

#[tokio::test]
async fn nothing_is_sent_on_to_another_host() {
    let other = Server::start(vec![Act::Say(answer(200, "", "")); 3]).await;
    let token = Secret::new(b"hunter2".to_vec());
    for status in [301, 302, 307, 308] {
        let to = format!("location: {}/y\r\n", other.base());
        let server = Server::start(vec![Act::Say(answer(status, &to, ""))]).await;
        let client = outbound(quick()).client().unwrap();
        let call = Call::post(url(&server, "x")).bearer(&token).secret_field("code", &token);
        let error = client.send(&call).await.unwrap_err();
        assert_eq!(error, CallError::Redirected { host: server.host(), to: "127.0.0.1".into() });
    }
    assert!(other.asked().is_empty(), "{:?}", other.asked());
}

#[tokio::test]
async fn a_credential_does_not_travel_in_the_open() {
    let token = Secret::new(b"hunter2".to_vec());
    let client = outbound(quick()).client().unwrap();
    let open = || Url::parse("http://example.com/").unwrap();
    for call in [Call::get(open()).bearer(&token), Call::post(open()).secret_field("a", &token)] {
        let error = client.send(&call).await.unwrap_err();
        assert!(matches!(error, CallError::Refused { .. }), "{error}");
    }
    let server = Server::start(vec![Act::Say(answer(200, "", ""))]).await;
    let error = client.send(&Call::get(url(&server, "x")).from_data()).await.unwrap_err();
    assert!(matches!(error, CallError::Refused { .. }), "{error}");
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_host_that_fails_is_left_alone_for_a_while() {
    let circuit = Circuit { failures: 2, open_for: Duration::from_millis(400) };
    let outbound = outbound(Settings { attempts: 1, circuit, ..quick() });
    let down = Act::Say(answer(503, "", ""));
    let server = Server::start(vec![down.clone(), down, Act::Say(answer(200, "", ""))]).await;
    let call = || Call::get(url(&server, "x"));
    // The next job, with another client, knows of it too.
    for _ in 0..2 {
        assert_eq!(outbound.client().unwrap().send(&call()).await.unwrap().status, 503);
    }
    let open = outbound.client().unwrap().send(&call()).await.unwrap_err();
    assert!(matches!(open, CallError::CircuitOpen { .. }), "{open}");
    tokio::time::sleep(open.again_in().unwrap() + Duration::from_millis(20)).await;
    assert_eq!(outbound.client().unwrap().send(&call()).await.unwrap().status, 200);
    assert_eq!(server.asked().len(), 3);
}

/// Behind one host are Jira and Confluence of the same vendor.
#[tokio::test]
async fn a_service_that_fails_keeps_nobody_from_another_at_its_host() {
    let circuit = Circuit { failures: 2, open_for: Duration::from_secs(60) };
    let outbound = outbound(Settings { attempts: 1, circuit, ..quick() });
    let down = Act::Say(answer(503, "", ""));
    let server = Server::start(vec![down.clone(), down, Act::Say(answer(200, "", ""))]).await;
    let call = |key: &str| Call::get(url(&server, "x")).budget(BudgetKey::new(key));
    for _ in 0..2 {
        assert_eq!(outbound.client().unwrap().send(&call("jira:a")).await.unwrap().status, 503);
    }
    let open = outbound.client().unwrap().send(&call("jira:a")).await.unwrap_err();
    assert!(matches!(open, CallError::CircuitOpen { .. }), "{open}");
    assert_eq!(outbound.client().unwrap().send(&call("confluence:a")).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_used_up_budget_is_known_to_all_who_share_it() {
    let outbound =
        Outbound::new(Settings { attempts: 1, ..quick() }, Arc::new(InProcess::default())).unwrap();
    let now = checkmate_domain::Timestamp::now().as_millis() / 1_000;
    let used_up = format!("x-ratelimit-remaining: 0\r\nx-ratelimit-reset: {}\r\n", now + 60);
    let server = Server::start(vec![Act::Say(answer(200, &used_up, "")); 2]).await;
    let call = |key: &str| Call::get(url(&server, "x")).budget(BudgetKey::new(key));
    assert_eq!(outbound.client().unwrap().send(&call("auth0:a")).await.unwrap().status, 200);
    let refused = outbound.client().unwrap().send(&call("auth0:a")).await.unwrap_err();
    assert!(matches!(refused, CallError::OutOfBudget { .. }), "{refused}");
    assert!(refused.again_in().unwrap() > Duration::from_secs(50));
    assert_eq!(outbound.client().unwrap().send(&call("auth0:b")).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_refusal_reaches_as_far_as_its_headers_say() {
    let reach = |headers: &HeaderMap| match headers.get("x-limit").map(HeaderValue::as_bytes) {
        Some(b"endpoint") => Reach::Endpoint,
        Some(b"call") => Reach::Call,
        _ => Reach::Budget,
    };
    for (name, same_goes, other_goes) in
        [("endpoint", false, true), ("call", true, true), ("all", false, false)]
    {
        let outbound = Outbound::new(Settings { attempts: 1, ..quick() }, Arc::new(InProcess::default()));
        let client = outbound.unwrap().client().unwrap();
        let refusal = answer(429, &format!("retry-after: 60\r\nx-limit: {name}\r\n"), "");
        let fine = Act::Say(answer(200, "", ""));
        let server = Server::start(vec![Act::Say(refusal), fine.clone(), fine]).await;
        let call = |part: &str| Call::get(url(&server, "x")).endpoint(BudgetKey::new("jira:a"), part, reach);
        assert_eq!(client.send(&call("issue")).await.unwrap().status, 429);
        assert_eq!(client.send(&call("issue")).await.is_ok(), same_goes, "{name}");
        assert_eq!(client.send(&call("comment")).await.is_ok(), other_goes, "{name}");
    }
}

#[tokio::test]
async fn https_is_believed_by_the_certificates_that_are_named() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (server, pem) = Server::tls(vec![Act::Say(answer(200, "", "fine")); 2]).await;
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, pem).unwrap();
    let url = || Url::parse(&format!("https://localhost:{}/x", server.port())).unwrap();

    let stranger = outbound(Settings { attempts: 1, ..quick() }).client().unwrap();
    let error = stranger.send(&Call::get(url())).await.unwrap_err();
    assert!(matches!(error, CallError::Tls { .. }), "{error}");

    let settings = Settings { ca_file: Some(ca_file.clone()), ..quick() };
    let got = outbound(settings).client().unwrap().send(&Call::get(url())).await.unwrap();
    assert_eq!(&**got.body, b"fine");

    std::fs::write(&ca_file, "nothing").unwrap();
    let settings = Settings { ca_file: Some(ca_file), ..quick() };
    let Err(error) = Outbound::new(settings, Arc::new(NoBudget)) else { panic!("taken") };
    assert!(error.to_string().contains("ca.pem"), "{error}");
}

#[tokio::test]
async fn a_proxy_is_used_when_it_is_named() {
    let proxy = Server::start(vec![Act::Say(answer(200, "", "by proxy"))]).await;
    let settings = Settings { proxy: Some(Url::parse(&proxy.base()).unwrap()), ..quick() };
    let client = outbound(settings).client().unwrap();
    let got = client.send(&Call::get(Url::parse("http://example.com/x").unwrap())).await.unwrap();
    assert_eq!(&**got.body, b"by proxy");
    assert!(proxy.asked()[0].starts_with("GET http://example.com/x HTTP/1.1"), "{:?}", proxy.asked());
}

#[tokio::test]
async fn a_form_carries_its_secrets() {
    let server = Server::start(vec![Act::Say(answer(200, "", ""))]).await;
    let client = outbound(quick()).client().unwrap();
    let secret = Secret::new("a+b&c=ü".as_bytes().to_vec());
    let call =
        Call::post(url(&server, "x")).form(&[("grant_type", "a b")]).secret_field("subject_token", &secret);
    client.send(&call).await.unwrap();
    let asked = server.asked();
    let (head, body) = asked[0].split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-type: application/x-www-form-urlencoded"), "{head}");
    assert_eq!(body, "grant_type=a%20b&subject_token=a%2Bb%26c%3D%C3%BC");
}

#[tokio::test]
async fn what_is_paced_leaves_room_behind_it() {
    let fine = || Act::Say(answer(200, "", ""));
    let server = Server::start(vec![fine(), fine()]).await;
    let client = Outbound::new(quick(), Arc::new(InProcess::default())).unwrap().client().unwrap();
    let pace = Duration::from_millis(400);
    let send = async || {
        client.send(&Call::post(url(&server, "x")).budget(BudgetKey::new("channel")).paced(pace)).await
    };
    assert!(send().await.is_ok());
    let Err(CallError::OutOfBudget { again_in, .. }) = send().await else { panic!("not paced") };
    assert!(again_in <= pace && server.asked().len() == 1);
    tokio::time::sleep(again_in).await;
    assert!(send().await.is_ok());
}

#[tokio::test]
async fn a_secret_address_is_in_no_error() {
    let server =
        Server::start(vec![Act::Cut, Act::Say(answer(307, "location: https://x.com/\r\n", ""))]).await;
    let client = outbound(quick()).client().unwrap();
    let address = format!("{}/hooks/hunter2?sig=hunter2", server.base());
    let address = SecretUrl::read(&Secret::new(address.into_bytes())).unwrap();
    for _ in 0..2 {
        let error = client.send(&Call::post_to(&address)).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
    assert!(server.asked()[0].starts_with("POST /hooks/hunter2?sig=hunter2 "), "{:?}", server.asked());
}
