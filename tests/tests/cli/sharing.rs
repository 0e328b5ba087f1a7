//! Several processes on one folder: one owns the files, the others ask it.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use crate::home::{Home, PATIENCE, example, until};

#[test]
fn commands_go_through_the_running_process_and_say_the_same() {
    let home = Home::new();
    let up = home.up();
    let path = format!("path:{}", example().display());
    let said = home.run(&["scan", &path]).fine();
    assert!(said.out.contains("What to do first") && said.err.contains("export:tenant-export"), "{said:?}");
    let id = home.scans()[0]["id"].as_str().unwrap().to_owned();
    let through = [
        home.run(&["scans", "show", &id]).fine().out,
        home.run(&["findings", "list"]).fine().out,
        home.run(&["scans", "list"]).fine().out,
    ];
    let mistake = home.run(&["scan", "foo"]);
    assert_eq!((mistake.code, mistake.err.contains("is not a scope")), (Some(2), true), "{mistake:?}");
    let missing = home.run(&["scans", "show", "zzz"]);
    assert_eq!((missing.code, missing.err.contains("there is no scan 'zzz'")), (Some(1), true));
    assert_eq!(up.stop().code, Some(0));

    let alone = [
        home.run(&["scans", "show", &id]).fine().out,
        home.run(&["findings", "list"]).fine().out,
        home.run(&["scans", "list"]).fine().out,
    ];
    assert_eq!(through, alone);
}

#[test]
fn a_second_up_is_refused_and_harms_nothing() {
    let home = Home::new();
    let up = home.up();
    let said = home.run(&["up"]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.err.contains("runs on .checkmate already") && said.err.contains("stop it first"),
        "{said:?}"
    );
    assert_eq!(home.scan(&example())["scan"]["state"], "finished");
    assert_eq!(up.stop().code, Some(0));
    assert!(!home.path(".checkmate/control.sock").exists());
}

#[test]
fn a_path_is_meant_from_where_it_was_typed() {
    let home = Home::new();
    crate::home::export(&home.path("here"), &[("Shop", true)]);
    let up = home.up();
    assert_eq!(home.json(&["scan", "path:./here"])["scan"]["scope"], "export:here");
    let inner = home.path("inner");
    crate::home::export(&inner.join("here"), &[("Shop", false)]);
    let output = home
        .command(&["--config", "../checkmate.toml", "scan", "path:here"])
        .current_dir(&inner)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("export:here-"), "another folder of the same name has its own: {text}");
    up.stop();
}

#[test]
fn two_scans_at_once_without_an_owner_both_finish() {
    let home = Home::new();
    let folder = home.exports("tenants", 40);
    let path = format!("path:{}", folder.display());
    let one = home.start(&["scan", &path]);
    let two = home.start(&["scan", &path]);
    let (one, two) = (one.said(), two.said());
    // Whoever came first owned the files; the other was answered by it, or went on when it had ended.
    let finished = [&one, &two].iter().filter(|said| said.code == Some(0)).count();
    assert!(finished >= 1, "{one:?} {two:?}");
    for said in [&one, &two] {
        let told = said.code == Some(0) || said.err.contains("nothing is lost");
        assert!(told, "{said:?}");
    }
    let up = home.up();
    until("all are over", || home.scans().iter().all(|scan| scan["state"] == "finished"));
    assert_eq!(
        home.json(&["findings", "list"])
            .as_array()
            .unwrap()
            .iter()
            .filter(|record| record["finding"]["rule"] == "auth0.applications.grant-types")
            .count(),
        40
    );
    up.stop();
}

#[test]
fn a_socket_that_a_dead_process_left_is_no_hindrance() {
    let home = Home::new();
    home.up().kill();
    assert!(home.path(".checkmate/control.sock").exists());
    assert!(home.scans().is_empty());
    let up = home.up();
    assert!(home.scans().is_empty());
    up.stop();
}

#[test]
fn garbage_on_the_socket_is_answered_and_harms_nothing() {
    use std::io::{Read, Write};
    let home = Home::new();
    let up = home.up();
    for garbage in [b"\xff\xfe\n".to_vec(), b"{}\n".to_vec(), vec![b'x'; 200_000], Vec::new()] {
        let mut stream =
            std::os::unix::net::UnixStream::connect(home.path(".checkmate/control.sock")).unwrap();
        let _ = stream.write_all(&garbage);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
    }
    assert!(home.scans().is_empty());
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn a_command_outlives_the_one_whose_process_answers_it() {
    let home = Home::new();
    let folder = home.path("big");
    let many: Vec<String> = (0..2_000).map(|n| format!("Shop {n}")).collect();
    crate::home::export(&folder, &many.iter().map(|name| (name.as_str(), true)).collect::<Vec<_>>());
    let first = home.start(&["scan", &format!("path:{}", example().display())]);
    let socket = home.path(".checkmate/control.sock");
    until("it answers", || std::os::unix::net::UnixStream::connect(&socket).is_ok());
    let second = home.run(&["scan", &format!("path:{}", folder.display())]).fine();
    assert!(second.out.contains("8011 open findings"), "{}", second.out);
    first.said().fine();
    assert!(home.scans().iter().all(|scan| scan["state"] == "finished"));
}

#[test]
fn what_was_found_is_for_the_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.scan(&example());
    let mode = |name: &str| std::fs::metadata(home.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(".checkmate"), 0o700);
    for entry in std::fs::read_dir(home.path(".checkmate")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let folder = name == "audit";
        assert_eq!(mode(&format!(".checkmate/{name}")), if folder { 0o700 } else { 0o600 }, "{name}");
    }
}

#[test]
fn whatever_is_no_request_gets_an_answer() {
    let home = Home::new();
    let up = home.up();
    for junk in [&b"\xff\xfe\n"[..], b"{}\n", b"[1\n"] {
        let mut socket = UnixStream::connect(home.path(".checkmate/control.sock")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.write_all(junk).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        assert!(answer.contains("not a request") && answer.contains(r#"{"exit":2}"#), "{answer}");
    }
    assert_eq!(up.stop().code, Some(0));
}
