//! What a Redis can lose, judged from what it says of itself.

use crate::error::StoreError;
use crate::records::Durability;

/// What INFO and CONFIG GET say; `None` where CONFIG is forbidden.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) run_id: String,
    /// It reads its data from the disk; its settings do not show before it has.
    pub(super) loading: bool,
    pub(super) cluster: bool,
    /// It was a replica before: what the primary answered last may be missing.
    pub(super) promoted: bool,
    pub(super) append_only: bool,
    pub(super) policy: String,
    pub(super) fsync: Option<String>,
    pub(super) no_fsync_on_rewrite: Option<String>,
    pub(super) save: Option<String>,
}

impl Facts {
    /// Reads the answer to INFO.
    pub(super) fn from_info(info: &str) -> Self {
        let field = |name: &str| {
            info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map_or("", str::trim)
        };
        let earlier = field("master_replid2");
        Self {
            run_id: field("run_id").to_owned(),
            loading: field("loading") == "1",
            cluster: field("cluster_enabled") == "1" || field("redis_mode") == "cluster",
            promoted: !earlier.trim_matches('0').is_empty(),
            append_only: field("aof_enabled") == "1",
            policy: field("maxmemory_policy").to_owned(),
            ..Self::default()
        }
    }

    /// Whether nothing that was answered is lost when this server restarts.
    pub(super) fn always(&self) -> bool {
        self.append_only
            && self.fsync.as_deref() == Some("always")
            && self.no_fsync_on_rewrite.as_deref() == Some("no")
    }

    /// Refuses what cannot keep the promises, else says what can be lost.
    ///
    /// # Errors
    /// `Unavailable` while it starts, `Misconfigured` with the setting to change.
    pub(super) fn judge(&self, address: &str, allow_volatile: bool) -> Result<Durability, StoreError> {
        if self.loading {
            return Err(StoreError::Unavailable(format!(
                "Redis at {address} is reading its data from the disk"
            )));
        }
        let refuse = |what: &str| Err(StoreError::Misconfigured(format!("Redis at {address} {what}")));
        if self.cluster {
            return refuse(
                "runs in cluster mode, which is not supported: use one primary with replicas, and set \
                 'cluster-enabled no' in redis.conf",
            );
        }
        if self.policy != "noeviction" {
            let policy = &self.policy;
            return refuse(&format!(
                "would throw jobs away when memory runs out (maxmemory-policy {policy}): set 'maxmemory-policy \
                 noeviction' in redis.conf, or run CONFIG SET maxmemory-policy noeviction"
            ));
        }
        if !self.append_only && !allow_volatile {
            return refuse(
                "keeps no append-only file and would lose jobs on a restart: set 'appendonly yes' in redis.conf, or run \
                 CONFIG SET appendonly yes",
            );
        }
        Ok(Durability { always: self.always(), warnings: self.warnings(address) })
    }

    fn warnings(&self, address: &str) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut warn = |what: String| warnings.push(format!("Redis at {address} {what}"));
        if !self.append_only {
            let snapshots = match self.save.as_deref() {
                Some("") => "and no snapshots: a restart loses everything",
                Some(_) => "only snapshots: a restart loses minutes",
                None => "and a restart loses what is in no snapshot",
            };
            warn(format!("keeps no append-only file {snapshots}. Set 'appendonly yes' in redis.conf"));
            return warnings;
        }
        match self.fsync.as_deref() {
            Some("always") => {}
            Some("everysec") => warn(
                "can lose its last second or two when the power fails, or when it is killed while its disk is \
                 slow (appendfsync everysec). To lose nothing set \
                 'appendfsync always' in redis.conf, or run CONFIG SET appendfsync always"
                    .to_owned(),
            ),
            Some(other) => warn(format!(
                "leaves it to the system when to write to the disk (appendfsync {other}) and can lose half a minute. Set \
                 'appendfsync everysec' or 'appendfsync always' in redis.conf"
            )),
            None => warn(
                "does not let us read appendfsync, so it could not be checked what a power failure loses. Grant the \
                 store's user +config|get, or make sure that redis.conf says 'appendfsync always' or 'everysec'"
                    .to_owned(),
            ),
        }
        if self.fsync.as_deref() == Some("always") && self.no_fsync_on_rewrite.as_deref() != Some("no") {
            warn(
                "stops writing to the disk while it rewrites its file, in spite of appendfsync always. Set \
                 'no-appendfsync-on-rewrite no' in redis.conf"
                    .to_owned(),
            );
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Facts {
        Facts {
            append_only: true,
            policy: "noeviction".to_owned(),
            fsync: Some("always".to_owned()),
            no_fsync_on_rewrite: Some("no".to_owned()),
            save: Some(String::new()),
            ..Facts::default()
        }
    }

    fn text(value: &str) -> Option<String> {
        Some(value.to_owned())
    }

    #[test]
    fn reads_info() {
        let info = "# Server\r\nredis_mode:standalone\r\nrun_id:abc\r\n# Memory\r\nmaxmemory_policy:noeviction\r\n\
                    aof_enabled:1\r\nmaster_replid2:0000\r\ncluster_enabled:0\r\n";
        let facts = Facts::from_info(info);
        assert_eq!((facts.run_id.as_str(), facts.policy.as_str()), ("abc", "noeviction"));
        assert!(facts.append_only && !facts.cluster && !facts.promoted);
        assert!(Facts::from_info("master_replid2:00ab\r\n").promoted);
    }

    #[test]
    fn what_cannot_keep_its_promise_is_refused_with_the_line_to_change() {
        for (facts, line) in [
            (Facts { cluster: true, ..good() }, "cluster-enabled no"),
            (Facts { policy: "allkeys-lru".into(), ..good() }, "CONFIG SET maxmemory-policy noeviction"),
            (Facts { append_only: false, ..good() }, "CONFIG SET appendonly yes"),
        ] {
            let error = facts.judge("db:1", false).expect_err("refused");
            assert!(matches!(&error, StoreError::Misconfigured(text) if text.contains(line)), "{error}");
        }
    }

    #[test]
    fn one_that_starts_is_waited_for() {
        let loading =
            Facts { policy: "noeviction".to_owned(), ..Facts::from_info("loading:1\r\naof_enabled:0\r\n") };
        let error = loading.judge("db:1", false).expect_err("not yet");
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    }

    #[test]
    fn what_can_be_lost_is_told() {
        for (facts, always, line) in [
            (good(), true, None),
            (Facts { fsync: text("everysec"), ..good() }, false, Some("CONFIG SET appendfsync always")),
            (Facts { fsync: text("no"), ..good() }, false, Some("half a minute")),
            (Facts { fsync: None, ..good() }, false, Some("could not be checked")),
            (
                Facts { no_fsync_on_rewrite: text("yes"), ..good() },
                false,
                Some("no-appendfsync-on-rewrite no"),
            ),
            (Facts { append_only: false, ..good() }, false, Some("loses everything")),
        ] {
            let durability = facts.judge("db:1", true).expect("accepted");
            assert_eq!(durability.always, always, "{facts:?}");
            assert_eq!(durability.warnings.is_empty(), line.is_none(), "{durability:?}");
            assert!(line.is_none_or(|line| durability.warnings[0].contains(line)), "{durability:?}");
        }
    }
}
