//! Exports that are junk: said so, never a crash, never "fine".

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::home::{Home, application, export};

fn junk(folder: &Path, name: &str, content: &[u8]) {
    fs::write(folder.join("clients").join(name), content).unwrap();
}

fn rule<'a>(view: &'a Value, rule: &str) -> &'a Value {
    view["checks"].as_array().unwrap().iter().find(|check| check["rule"] == rule).unwrap()
}

#[test]
fn junk_beside_good_files_is_not_assessed_and_the_rest_is() {
    let home = Home::new();
    let folder = home.path("mixed");
    export(&folder, &[("Good", true)]);
    junk(&folder, "empty.json", b"");
    junk(&folder, "binary.json", &[0, 159, 146, 150, 0xff, 0xfe]);
    junk(&folder, "cut.json", b"{\"name\": \"Cut\", \"grant_types\": [\"impl");
    junk(&folder, "deep.json", "[".repeat(200_000).as_bytes());
    junk(&folder, "huge.json", &vec![b' '; 40 << 20]);
    junk(&folder, "list.json", b"[1, 2, 3]");
    junk(
        &folder,
        "escape.json",
        b"{\"name\": \"\\u001b[2Jevil\\n\", \"app_type\": \"spa\", \"grant_types\": [\"implicit\"]}",
    );
    std::os::unix::fs::symlink("/dev/zero", folder.join("clients/endless.json")).unwrap();
    let said = home.run(&["scan", &format!("path:{}", folder.display())]);
    assert!(!said.out.contains('\u{1b}') && !said.err.contains("panicked"), "{said:?}");
    assert_eq!(said.code, Some(3), "something that is there was not looked at");
    let view = home.scan(&folder);
    let check = rule(&view, "auth0.applications.grant-types");
    assert_eq!(check["status"], "failed", "Good is still found: {check}");
    let unseen = check["unseen"].to_string();
    for name in ["empty", "binary", "cut", "deep", "huge", "list", "endless"] {
        assert!(unseen.contains(name), "{name} is not mentioned: {unseen}");
    }
    assert!(view["findings"].to_string().contains("Good"));
}

#[test]
fn an_export_that_cannot_be_read_at_all_is_not_fine() {
    let home = Home::new();
    let folder = home.path("yaml");
    fs::create_dir(&folder).unwrap();
    let bomb =
        format!("a: &a [x]\n{}", (0..40).map(|n| format!("b{n}: &b{n} [*a, *a, *a]\n")).collect::<String>());
    let cases: [(&str, Vec<u8>); 4] = [
        ("binary", [0xff, 0x00, 0x1b].repeat(1_000)),
        ("cut", b"tenant:\n  - [".to_vec()),
        ("bomb", bomb.into_bytes()),
        ("huge", vec![b'#'; 70 << 20]),
    ];
    for (what, content) in cases {
        fs::write(folder.join("tenant.yaml"), content).unwrap();
        let said = home.run(&["scan", &format!("path:{}", folder.display()), "--format", "json"]);
        assert!(!said.err.contains("panicked"), "{what}: {said:?}");
        assert_eq!(said.code, Some(3), "{what}: nothing was looked at");
        let view = said.json();
        let passed =
            view["checks"].as_array().unwrap().iter().filter(|check| check["status"] == "passed").count();
        assert_eq!(passed, 0, "{what}: {view}");
        assert!(view["findings"].as_array().unwrap().is_empty(), "{what}");
    }
}

#[test]
fn one_bad_export_in_a_folder_of_exports_takes_no_neighbour_along() {
    let home = Home::new();
    let folder = home.exports("tenants", 3);
    fs::write(folder.join("tenant-001/tenant.json"), [0xff; 64]).unwrap();
    fs::write(folder.join("tenant-001/tenant.yaml"), "tenant: {}\n").unwrap();
    export(&folder.join("name with spaces"), &[]);
    application(&folder.join("name with spaces"), "Shop", true);
    fs::write(folder.join("a file"), "no export").unwrap();
    let view = home.scan(&folder);
    let state = view["scan"]["state"].as_str().unwrap();
    assert!(state.starts_with("finished"), "{}", view["scan"]);
    let found = view["findings"].to_string();
    assert!(found.contains("tenants/tenant-000") && found.contains("tenants/tenant-002"), "{found}");
}
