//! The trail and its proof, with the real binary: whatever is done to store, file or export shows, and a key is replaced.

use std::fs;
use std::path::{Path, PathBuf};

use checkmate_sandbox::Sandbox;

use crate::home::{Home as Folder, Said};
use crate::site::{Home, Site};

/// A site that has leased and ended, and its proof.
struct Trail {
    home: Home,
    _sandbox: Sandbox,
    /// Somewhere else, with nothing of the installation.
    elsewhere: Folder,
}

impl Trail {
    async fn new() -> Self {
        let site = Site::embedded().await;
        site.check(&["github"]).await;
        let (home, sandbox) = site.stop_roles();
        // Each process that ends writes a checkpoint.
        for _ in 0..2 {
            let said = home.checkmate(&["connections", "check", "github"]);
            assert_ne!(said.code, Some(2), "{said:?}");
        }
        let trail = Self { home, _sandbox: sandbox, elsewhere: Folder::new() };
        assert_eq!(trail.verify().code, Some(0), "{:?}", trail.verify());
        fs::remove_file(trail.elsewhere.path("checkmate.toml")).unwrap();
        fs::copy(trail.file("checkpoints.pub"), trail.elsewhere.path("key.pub")).unwrap();
        fs::copy(trail.file("checkpoints.jsonl"), trail.elsewhere.path("safe.jsonl")).unwrap();
        fs::write(trail.elsewhere.path("trail.jsonl"), trail.home.checkmate(&["audit", "export"]).out)
            .unwrap();
        trail
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join("data/audit").join(name)
    }

    fn verify(&self) -> Said {
        self.home.checkmate(&["audit", "verify"])
    }

    /// Of an export, with a safe copy of the checkpoints or without.
    fn verify_there(&self, export: &str, more: &[&str]) -> Said {
        let base = ["audit", "verify", "--from", export, "--public-key", "key.pub"];
        self.elsewhere.run(&[&base[..], more].concat())
    }

    fn store(&self, sql: &str) {
        let db = rusqlite::Connection::open(self.home.path().join("data/store.db")).unwrap();
        assert!(db.execute(sql, []).unwrap() > 0, "{sql}");
    }
}

fn lines(file: &Path) -> Vec<String> {
    fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_proves_itself_only_with_its_checkpoints() {
    let trail = Trail::new().await;
    let there = |more: &[&str]| trail.verify_there("trail.jsonl", more);
    let said = there(&[]).fine();
    assert!(said.out.contains("The audit trail is whole"), "{said:?}");
    there(&["--checkpoints", "safe.jsonl"]).fine();
    let made: Vec<_> = fs::read_dir(trail.elsewhere.path("")).unwrap().collect();
    assert_eq!(made.len(), 3, "nothing is made: {made:?}");
    assert_eq!(there(&["--checkpoints", "gone.jsonl"]).code, Some(2));
    assert_eq!(
        trail.elsewhere.run(&["audit", "verify", "--from", "trail.jsonl", "--public-key", "gone.pub"]).code,
        Some(2)
    );
    assert_eq!(trail.elsewhere.run(&["audit", "verify", "--from", "trail.jsonl"]).code, Some(2));

    let all = lines(&trail.elsewhere.path("trail.jsonl"));
    let write = |name: &str, kept: Vec<String>| {
        fs::write(trail.elsewhere.path(name), kept.join("\n") + "\n").unwrap();
    };
    let (records, checkpoints): (Vec<String>, Vec<String>) =
        all.iter().cloned().partition(|line| line.contains("\"kind\":\"record\""));
    assert!(checkpoints.len() >= 2 && records.len() >= 4, "{} {}", checkpoints.len(), records.len());
    // Checkpoints and the newest records gone: alone it proves nothing, beside a safe copy it shows.
    write("cut.jsonl", records[..1].to_vec());
    assert_eq!(trail.verify_there("cut.jsonl", &[]).code, Some(3));
    let said = trail.verify_there("cut.jsonl", &["--checkpoints", "safe.jsonl"]);
    assert_eq!(said.code, Some(4), "{said:?}");
    write("empty.jsonl", vec![]);
    assert_eq!(trail.verify_there("empty.jsonl", &[]).code, Some(3));
    assert_eq!(trail.verify_there("empty.jsonl", &["--checkpoints", "safe.jsonl"]).code, Some(4));
    // A field that stands in no hash, and a line that is none.
    let mut added = all.clone();
    added[0] = added[0].replacen('{', "{\"approved_by\":\"ciso\",", 1);
    write("added.jsonl", added);
    let said = trail.verify_there("added.jsonl", &[]);
    assert!(said.code == Some(4) && said.out.contains("line 1 is neither"), "{said:?}");
    // An empty line is none, and says nothing.
    write("spaced.jsonl", all.into_iter().chain([String::new()]).collect());
    trail.verify_there("spaced.jsonl", &[]).fine();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_to_store_and_file_shows() {
    let trail = Trail::new().await;
    let proof = fs::read_to_string(trail.file("checkpoints.jsonl")).unwrap();
    let broken = |word: &str| {
        let said = trail.verify();
        assert!(said.code == Some(4) && said.out.contains(word), "{word}: {said:?}");
    };
    // The file cut or gone, while the store has its copies.
    fs::write(trail.file("checkpoints.jsonl"), "").unwrap();
    broken("the file was cut or removed");
    fs::remove_file(trail.file("checkpoints.jsonl")).unwrap();
    broken("the file was cut or removed");
    fs::write(trail.file("checkpoints.jsonl"), proof.replacen("\"number\":1", "\"number\":1,\"x\":1", 1))
        .unwrap();
    broken("line 1 is neither");
    fs::write(trail.file("checkpoints.jsonl"), &proof).unwrap();
    trail.verify().fine();
    assert_eq!(trail.home.checkmate(&["audit", "verify", "--checkpoints", "gone"]).code, Some(2));

    // A checkpoint that nobody signed: it shows, and never gets into the file.
    trail.store("INSERT INTO checkpoints SELECT number + 1, replace(record, '\"signature\":\"', '\"signature\":\"00') FROM checkpoints ORDER BY number DESC LIMIT 1");
    broken("somebody else wrote it");
    trail.home.checkmate(&["connections", "check", "github"]);
    assert_eq!(
        fs::read_to_string(trail.file("checkpoints.jsonl")).unwrap(),
        proof,
        "the proof stays as it is"
    );
    trail.store("DELETE FROM checkpoints WHERE number = (SELECT max(number) FROM checkpoints)");
    trail.home.checkmate(&["connections", "check", "github"]);
    trail.verify().fine();

    // A place far away ends, and something that is no record is named.
    trail.store("UPDATE audit SET seq = 3000000000 WHERE seq = (SELECT max(seq) FROM audit)");
    broken("segment");
    trail.store("UPDATE audit SET record = '{}' WHERE seq = 3000000000");
    broken("is no record: it was changed");
    assert_eq!(trail.home.checkmate(&["audit", "list"]).code, Some(0));
    let export = trail.home.checkmate(&["audit", "export"]).fine().out;
    fs::write(trail.elsewhere.path("bad.jsonl"), export).unwrap();
    assert_eq!(trail.verify_there("bad.jsonl", &[]).code, Some(4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_that_signs_is_replaced_and_what_it_signed_stays_proven() {
    let trail = Trail::new().await;
    let key = trail.home.path().join("audit.key");
    fs::remove_file(&key).unwrap();
    trail.home.checkmate(&["connections", "check", "github"]);
    assert_eq!(lines(&trail.file("checkpoints.pub")).len(), 2, "the old key is kept beside the new one");
    let said = trail.verify().fine();
    assert!(said.out.contains("The audit trail is whole"), "{said:?}");
    let export = trail.home.checkmate(&["audit", "export"]).fine().out;
    fs::write(trail.elsewhere.path("both.jsonl"), export).unwrap();
    let with_old_key = trail.verify_there("both.jsonl", &[]);
    assert!(
        with_old_key.code == Some(4) && with_old_key.out.contains("a newer public key is needed"),
        "{with_old_key:?}"
    );
    fs::copy(trail.file("checkpoints.pub"), trail.elsewhere.path("key.pub")).unwrap();
    trail.verify_there("both.jsonl", &["--checkpoints", "safe.jsonl"]).fine();
}
