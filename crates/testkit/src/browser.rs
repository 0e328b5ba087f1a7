//! A real browser: Chromium, told what to do by WebDriver (<https://www.w3.org/TR/webdriver2/>).

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{Process, Spec, free_port};

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The name of an element's reference, fixed by WebDriver.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A window of a browser of its own; gone when dropped.
#[derive(Debug)]
pub struct Browser {
    session: String,
    http: reqwest::Client,
    _driver: Process,
    _folder: tempfile::TempDir,
}

impl Browser {
    /// Opens one; nothing, with a line that says so, where the machine has none.
    ///
    /// # Panics
    /// When there is one and it does not start.
    pub async fn open() -> Option<Self> {
        let (Some(driver), Some(browser)) = (found(&["chromedriver"]), found(&["chromium", "google-chrome"]))
        else {
            eprintln!("SKIPPED: no Chromium with chromedriver here; scripts/need-browser installs them");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let spec = Spec {
            name: "chromedriver".to_owned(),
            program: driver,
            args: vec![format!("--port={port}").into()],
            env: vec![("HOME".to_owned(), folder.path().into())],
            log: folder.path().join("driver.log"),
            folder: None,
        };
        let driver = Process::start(spec);
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client");
        let base = format!("http://127.0.0.1:{port}");
        let args = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-proxy-server",
            "--window-size=1200,1600",
            &format!("--user-data-dir={}", folder.path().join("profile").display()),
        ];
        let wish = json!({"capabilities": {"alwaysMatch": {"browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"binary": browser, "args": args}}}});
        let until = Instant::now() + PATIENCE;
        let begun = loop {
            match http.post(format!("{base}/session")).json(&wish).send().await {
                Ok(answer) => break answer.json::<Value>().await.expect("WebDriver answers in JSON"),
                Err(why) => assert!(Instant::now() < until, "chromedriver does not answer: {why}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let id = begun["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("no browser: {begun}"));
        let session = format!("{base}/session/{id}");
        Some(Self { session, http, _driver: driver, _folder: folder })
    }

    async fn ask(&self, what: &str, body: Value) -> Value {
        let answer = self.http.post(format!("{}/{what}", self.session)).json(&body).send().await;
        let answer: Value = answer.expect("the browser answers").json().await.expect("JSON");
        let value = answer["value"].clone();
        assert!(value.get("error").is_none(), "{what} {body}: {value}");
        value
    }

    /// Goes to an address and waits until its page is there.
    pub async fn go(&self, url: &str) {
        self.ask("url", json!({ "url": url })).await;
    }

    /// What a function's body returns in the page.
    pub async fn run(&self, script: &str) -> Value {
        self.ask("execute/sync", json!({"script": script, "args": []})).await
    }

    /// The text a person sees.
    pub async fn text(&self) -> String {
        self.run("return document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows this, and gives its whole text.
    ///
    /// # Panics
    /// When it never does.
    pub async fn see(&self, what: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let text = self.text().await;
            if text.contains(what) {
                return text;
            }
            assert!(Instant::now() < until, "{what:?} is not to be seen in {text:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn element(&self, selector: &str) -> String {
        let found = self.ask("element", json!({"using": "css selector", "value": selector})).await;
        found[ELEMENT].as_str().unwrap_or_else(|| panic!("{selector}: {found}")).to_owned()
    }

    /// Types into the field of this selector, in place of what is there.
    pub async fn fill(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        self.ask(&format!("element/{element}/clear"), json!({})).await;
        self.ask(&format!("element/{element}/value"), json!({ "text": text })).await;
    }

    /// Clicks on what has this selector.
    pub async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.ask(&format!("element/{element}/click"), json!({})).await;
    }

    /// Shows pages as a phone of 375 pixels does from now on, in a dark room or not.
    pub async fn as_phone(&self, dark: bool) {
        let screen = json!({"width": 375, "height": 812, "deviceScaleFactor": 1, "mobile": true});
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
        let scheme = json!({"name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" }});
        self.devtools("Emulation.setEmulatedMedia", json!({"features": [scheme]})).await;
    }

    async fn devtools(&self, command: &str, params: Value) {
        self.ask("goog/cdp/execute", json!({"cmd": command, "params": params})).await;
    }

    /// What its console was told since the last look, each with its level: `SEVERE` where something failed.
    pub async fn console(&self) -> Vec<(String, String)> {
        let told = self.ask("se/log", json!({"type": "browser"})).await;
        let entry = |of: &Value, name: &str| of[name].as_str().unwrap_or_default().to_owned();
        told.as_array()
            .into_iter()
            .flatten()
            .map(|one| (entry(one, "level"), entry(one, "message")))
            .collect()
    }

    /// Keeps a picture of the page, PNG.
    ///
    /// # Panics
    /// When it cannot be written.
    pub async fn picture(&self, path: &Path) {
        let url = format!("{}/screenshot", self.session);
        let answer: Value = self.http.get(url).send().await.expect("an answer").json().await.expect("JSON");
        let text = answer["value"].as_str().unwrap_or_default();
        let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text);
        std::fs::write(path, bytes.expect("base64")).expect("the picture is written");
    }
}

/// The first of these programs on the path.
#[allow(clippy::disallowed_methods, reason = "a program is looked for where a shell would")]
fn found(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|it| it.is_file())
}
