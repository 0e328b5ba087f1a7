//! Looks at this machine: folders, files and their modes, time zones, the admin address.

use std::fs::{self, File, Metadata};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Access, access, statvfs};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::facts::{AdminLook, FileFacts, FileLook, Folder, HostFacts};
use crate::config::{self, Config, environment};

/// Where systems keep their time zones.
const ZONES: [&str; 3] = ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];
/// For the answer of the admin address.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// The longest answer that is read, in bytes.
const MOST_ANSWER: u64 = 16 * 1024;

/// Looks at folders and files, on a thread of its own: a file system may not answer.
pub(super) async fn look(config: &Config, within: Duration) -> Result<HostFacts, String> {
    let config = config.clone();
    let looking = tokio::task::spawn_blocking(move || facts(&config));
    match tokio::time::timeout(within, looking).await {
        Ok(Ok(facts)) => Ok(facts),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("the file system did not answer within {} s", within.as_secs())),
    }
}

fn facts(config: &Config) -> HostFacts {
    let key = config.fingerprint_key_path();
    let key_id = config::fingerprint_key(&key, false).map(|key| key.id().clone());
    HostFacts {
        data_dir: config.data_dir.clone(),
        data: folder(&config.data_dir),
        key: file("fingerprint_key_file", &key),
        key_id: key_id.map_err(|error| error.to_string()),
        secrets: secrets(config),
        exports: config
            .exports
            .iter()
            .map(|(name, path)| (name.clone(), path.clone(), unreadable(path)))
            .collect(),
        zones: zones(),
    }
}

fn folder(path: &Path) -> Folder {
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Folder::Missing { can_be_made: room(path) };
        }
        Err(error) => return Folder::Cannot(error.to_string()),
    };
    if !about.is_dir() {
        return Folder::Cannot("it is a file".to_owned());
    }
    let free = statvfs(path).map(|of| of.f_bavail.saturating_mul(of.f_frsize));
    Folder::There {
        mode: mode(&about),
        writable: writable(path),
        free: free.map_err(|error| error.to_string()),
    }
}

/// Whether a folder may be made there: in the nearest one above it that exists.
fn room(path: &Path) -> bool {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    full.ancestors().skip(1).find(|above| above.exists()).is_some_and(writable)
}

fn writable(folder: &Path) -> bool {
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

fn mode(about: &Metadata) -> u32 {
    about.permissions().mode() & 0o777
}

fn secrets(config: &Config) -> Vec<FileFacts> {
    let broker = &config.broker;
    let (auth0, vault) = (&config.auth0, &config.vault);
    let fixed = [
        ("auth0.client_key_file", &auth0.client_key_file),
        ("auth0.client_secret_file", &auth0.client_secret_file),
        ("auth0.management_key_file", &auth0.management_key_file),
        ("vault.subject_key_file", &vault.subject_key_file),
        ("vault.subject_token_file", &vault.subject_token_file),
        ("audit.checkpoint_key_file", &config.audit.checkpoint_key_file),
        ("broker.password_file", &broker.password_file),
        ("broker.management_password_file", &broker.management_password_file),
        ("store.password_file", &config.store.password_file),
    ];
    let fixed = fixed.into_iter().filter_map(|(name, path)| Some(file(name, path.as_deref()?)));
    // Made where none is named, and read by every start from then on.
    let own = config.data_dir.join("audit.key");
    let made = config.audit.checkpoint_key_file.is_none() && own.exists();
    let made = made.then(|| file("audit.checkpoint_key_file (made in data_dir)", &own));
    let roles = broker.role_password_files.iter();
    let roles = roles.map(|(role, path)| file(&format!("broker.role_password_files.{role}"), path));
    let tenants = config.tenants.iter().flat_map(|(name, one)| {
        let files =
            [("client_key_file", &one.client_key_file), ("client_secret_file", &one.client_secret_file)];
        files
            .into_iter()
            .filter_map(move |(key, path)| Some(file(&format!("tenants.{name}.{key}"), path.as_deref()?)))
    });
    let routes = config.routes.iter().flat_map(|(name, one)| {
        let (sending, of) = (&one.sending, format!("routes.{name}"));
        let files = [
            ("url_file", &sending.url_file),
            ("key_file", &sending.key_file),
            ("previous_key_file", &sending.previous_key_file),
        ];
        files.into_iter().filter_map(move |(key, path)| Some(file(&format!("{of}.{key}"), path.as_deref()?)))
    });
    fixed.chain(made).chain(roles).chain(tenants).chain(routes).collect()
}

fn file(named_by: &str, path: &Path) -> FileFacts {
    let look = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => FileLook::Missing,
        Err(error) => FileLook::Cannot(error.to_string()),
        Ok(about) => match File::open(path) {
            Err(error) => FileLook::Cannot(error.to_string()),
            Ok(_) => FileLook::There { mode: mode(&about), bytes: about.len() },
        },
    };
    FileFacts { named_by: named_by.to_owned(), path: path.to_owned(), look }
}

/// Why a folder cannot be read.
fn unreadable(path: &Path) -> Option<String> {
    fs::read_dir(path).err().map(|error| error.to_string())
}

fn zones() -> Option<PathBuf> {
    let named = environment::get("TZDIR").map(PathBuf::from);
    named.into_iter().chain(ZONES.map(PathBuf::from)).find(|folder| folder.join("Europe/Berlin").exists())
}

/// Asks the admin address whether the process behind it is ready.
pub(super) async fn admin(listen: Option<SocketAddr>) -> AdminLook {
    let Some(listen) = listen else { return AdminLook::NotConfigured };
    match tokio::time::timeout(ANSWER_WITHIN, ready(reachable(listen))).await {
        Ok(Ok((status, body))) => AdminLook::Answered(listen, status, body),
        Ok(Err(error)) => AdminLook::Silent(listen, error.to_string()),
        Err(_) => AdminLook::Silent(listen, format!("no answer within {} s", ANSWER_WITHIN.as_secs())),
    }
}

/// Who listens on every address is asked on this machine's own.
fn reachable(listen: SocketAddr) -> SocketAddr {
    match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), listen.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::new(Ipv6Addr::LOCALHOST.into(), listen.port()),
        _ => listen,
    }
}

async fn ready(at: SocketAddr) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(at).await?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: checkmate\r\n\r\n").await?;
    let mut bytes = Vec::new();
    stream.take(MOST_ANSWER).read_to_end(&mut bytes).await?;
    let text = String::from_utf8_lossy(&bytes);
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| std::io::Error::other("what answers there is no checkmate process"))?;
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_files_are_seen_as_they_are() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(folder(&home.path().join("a/b")), Folder::Missing { can_be_made: true });
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o750)).unwrap();
        let seen = folder(home.path());
        assert!(
            matches!(&seen, Folder::There { mode: 0o750, writable: true, free: Ok(free) } if *free > 0),
            "{seen:?}"
        );
        let path = home.path().join("secret");
        assert_eq!(file("a", &path).look, FileLook::Missing);
        fs::write(&path, "hunter2").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(file("a", &path).look, FileLook::There { mode: 0o640, bytes: 7 });
        assert_eq!(folder(&path), Folder::Cannot("it is a file".to_owned()));
        assert_eq!((unreadable(home.path()), unreadable(&path).is_some()), (None, true));
    }

    #[tokio::test]
    async fn an_address_where_nobody_listens_is_silent() {
        assert_eq!(admin(None).await, AdminLook::NotConfigured);
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(matches!(admin(Some(free)).await, AdminLook::Silent(at, _) if at == free));
    }

    #[test]
    fn every_address_is_asked_here() {
        let asked = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(asked("0.0.0.0:9600"), "127.0.0.1:9600");
        assert_eq!(asked("[::]:9600"), "[::1]:9600");
        assert_eq!(asked("10.0.0.7:9600"), "10.0.0.7:9600");
    }
}
