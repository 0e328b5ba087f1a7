//! The page of what arrived, as `sandbox --scan` leaves it, in a real browser, with names that try to be more than text.

use std::fs;

use checkmate_sandbox::WORLD;
use checkmate_testkit::browser::Browser;
use serde_json::{Value, json};

use super::RUN;
use super::home::Home;

/// A name that would run, load, link or mention something wherever it is not text.
const HOSTILE: &str = "</script><script>window.hit=1</script><img src=x onerror=window.hit=2><!-- \
                       [click](https://evil.example/) <at>Everyone</at> javascript:window.hit=3";

/// Nothing on the page reaches beyond its right edge.
const TOO_WIDE: &str = "return [...document.querySelectorAll('body *')]\
    .filter(one => one.getClientRects().length && one.getBoundingClientRect().right > window.innerWidth + 1)\
    .map(one => one.tagName + '.' + one.className + ' ' + one.textContent.slice(0, 60)).slice(0, 5)";

/// Which problem comes first, and with it the page that its card leads to, is another one for each key of fingerprints.
const LONG_TITLES: &str = "document.querySelectorAll('.ac-pushButton').forEach(one => {\
    let inner = one; while (inner.lastElementChild) inner = inner.lastElementChild;\
    inner.textContent = 'Password strength in Auth0 database connections, and what else' })";

async fn number(browser: &Browser, selector: &str) -> u64 {
    let script = format!("return document.querySelectorAll({selector:?}).length");
    browser.run(&script).await.as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_arrived_is_shown_and_stays_text() {
    let Some(browser) = Browser::open().await else { return };
    let home = Home::new();
    let tenants = home.path(".checkmate/sandbox/tenants");
    fs::create_dir_all(&tenants).unwrap();
    let name = json!(HOSTILE).to_string();
    let world = WORLD.replace("Halden Shop", name.trim_matches('"'));
    assert!(serde_json::from_str::<Value>(&world).unwrap().to_string().contains("onerror"));
    fs::write(tenants.join("acme.json"), world).unwrap();
    let said = tokio::task::block_in_place(|| home.run(&RUN).fine());
    let file = home.path(".checkmate/sandbox/office.html");
    assert!(said.out.contains("to look at all of it, open .checkmate/sandbox/office.html"), "{}", said.out);

    browser.go(&format!("file://{}", file.display())).await;
    let text = browser.see("What has arrived").await;
    for shown in
        ["Cards in Teams", "Tickets in Jira", "Pages in Confluence", "Events at the webhook", "SEC-1"]
    {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert!(number(&browser, "#tickets > details").await >= 20);
    assert_eq!(number(&browser, "#pages > details").await, 2);
    assert!(number(&browser, "#pages td").await > 30);
    // Each card is drawn by Microsoft's renderer, its headline first.
    assert_eq!(number(&browser, ".card .ac-adaptiveCard").await, 4);
    let script = "return [...document.querySelectorAll('.ac-adaptiveCard')].map(one => one.innerText)";
    let cards = browser.run(script).await;
    let cards: Vec<&str> = cards.as_array().unwrap().iter().map(|card| card.as_str().unwrap()).collect();
    for headline in
        ["org:halden: 140 new findings", "org:halden: 14 new findings", "14 new findings that cannot wait"]
    {
        assert!(cards.iter().any(|card| card.starts_with(headline)), "{headline}: {cards:?}");
    }
    assert!(
        cards.iter().all(|card| card.contains("P1") && card.contains("Each of them: checkmate scans show")),
        "{cards:?}"
    );
    assert!(text.contains("140 of 140 with a signature that is right"), "{text}");

    // All of it, unfolded.
    browser.run("document.querySelectorAll('details').forEach(one => { one.open = true })").await;
    let text = browser.text().await;
    assert!(text.contains("<img src=x onerror=window.hit=2><!--"), "the name is shown as it is: {text}");
    let broken = browser.console().await;
    assert!(broken.iter().all(|(level, _)| level != "SEVERE"), "{broken:?}");
    assert_eq!(browser.run("return window.hit ?? null").await, Value::Null);
    assert_eq!(number(&browser, "img, iframe, object, form, svg, at").await, 0);
    assert_eq!(number(&browser, "script").await, 0, "the scripts have made way for what they show");
    let links = browser.run("return [...document.links].map(one => one.getAttribute('href'))").await;
    let links: Vec<&str> = links.as_array().unwrap().iter().map(|link| link.as_str().unwrap()).collect();
    assert!(
        links.len() > 20 && links.iter().all(|link| link.starts_with("https://") || link.starts_with('#')),
        "{links:?}"
    );
    assert!(links.iter().all(|link| !link.contains("evil")), "{links:?}");

    // What would slip through all that is still not run.
    let sneaked = "const one = document.createElement('script'); one.textContent = 'window.hit = 4';\
                   document.body.append(one); return window.hit ?? null";
    assert_eq!(browser.run(sneaked).await, Value::Null);

    for dark in [false, true] {
        browser.as_phone(dark).await;
        browser.go(&format!("file://{}", file.display())).await;
        browser.see("What has arrived").await;
        browser.run("document.querySelectorAll('details').forEach(one => { one.open = true })").await;
        browser.run(LONG_TITLES).await;
        assert_eq!(browser.run("return window.innerWidth").await, 375);
        assert_eq!(browser.run("return document.documentElement.scrollWidth").await, 375);
        assert_eq!(browser.run(TOO_WIDE).await, json!([]), "dark: {dark}");
        let back = browser.run("return getComputedStyle(document.body).backgroundColor").await;
        assert_eq!(back, if dark { "rgb(20, 23, 26)" } else { "rgb(255, 255, 255)" });
    }
}

/// A tenant's file that is broken is named, with what to do.
#[test]
fn a_tenant_that_is_no_json_is_refused() {
    let home = Home::new();
    fs::create_dir_all(home.path(".checkmate/sandbox/tenants")).unwrap();
    fs::write(home.path(".checkmate/sandbox/tenants/acme.json"), "{ \"clients\": [ }").unwrap();
    let said = home.run(&RUN);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("tenants/acme.json is no object in JSON: mend it, or remove it"), "{said:?}");
}
