-- The embedded store, schema 1. Counters and states are columns; what is only read whole is JSON.
-- Times are milliseconds since the Unix epoch. `n` gives rows a short number and their order.

-- epoch, key
CREATE TABLE facts (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The last sequence issued to an attempt.
CREATE TABLE sequence (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  last INTEGER NOT NULL
) STRICT;
INSERT INTO sequence VALUES (1, 0);

CREATE TABLE scans (
  n                INTEGER PRIMARY KEY,
  id               TEXT NOT NULL UNIQUE,
  scope            TEXT NOT NULL,
  lane             TEXT NOT NULL,
  asked_by         TEXT NOT NULL,
  window_size      INTEGER NOT NULL,
  time_limit_ms    INTEGER NOT NULL,
  expires_after_ms INTEGER NOT NULL,
  created_at       INTEGER NOT NULL,
  state            TEXT NOT NULL,
  error            TEXT,
  sealed           INTEGER NOT NULL DEFAULT 0,
  total            INTEGER NOT NULL DEFAULT 0,
  released         INTEGER NOT NULL DEFAULT 0,
  in_window        INTEGER NOT NULL DEFAULT 0,
  pending          INTEGER NOT NULL DEFAULT 0,
  done             INTEGER NOT NULL DEFAULT 0,
  ended            TEXT NOT NULL DEFAULT '{}',
  opened           INTEGER NOT NULL DEFAULT 0,
  resolved         INTEGER NOT NULL DEFAULT 0,
  checks           INTEGER NOT NULL DEFAULT 0,
  unanswered       INTEGER NOT NULL DEFAULT 0,
  finished_at      INTEGER,
  announced        INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX unsettled ON scans (n) WHERE announced = 0;

-- The discover job of a scan stands at `place` 0, its sealed list at 1 and on; the released ones come first. What a job
-- shares with its scan stands there. `is_open`: released, and neither reconciled, parked nor ended; it is a column of its
-- own so that a change of state does not touch the index.
CREATE TABLE jobs (
  n             INTEGER PRIMARY KEY,
  id            TEXT NOT NULL UNIQUE,
  scan          INTEGER NOT NULL REFERENCES scans (n),
  place         INTEGER NOT NULL,
  kind          TEXT NOT NULL,
  state         TEXT NOT NULL,
  is_open       INTEGER NOT NULL DEFAULT 0,
  sealed        INTEGER NOT NULL DEFAULT 0,
  released_at   INTEGER,
  not_before    INTEGER,
  published_at  INTEGER,
  attempt       INTEGER NOT NULL DEFAULT 0,
  failures      INTEGER NOT NULL DEFAULT 0,
  crashes       INTEGER NOT NULL DEFAULT 0,
  crashes_alone INTEGER NOT NULL DEFAULT 0,
  last_error    TEXT,
  waits_for     TEXT,
  token         INTEGER NOT NULL DEFAULT 0,
  holder        TEXT,
  held_until    INTEGER,
  begun_at      INTEGER,
  alone         INTEGER NOT NULL DEFAULT 0,
  attempt_seq   INTEGER NOT NULL DEFAULT 0,
  seq           INTEGER NOT NULL DEFAULT 0,
  stored_at     INTEGER,
  loads         INTEGER NOT NULL DEFAULT 0,
  end_reason    TEXT,
  spec          TEXT
) STRICT;
CREATE UNIQUE INDEX list ON jobs (scan, place);
CREATE INDEX open_jobs ON jobs (scan, id) WHERE is_open = 1;

-- A report: part 0 is the report with its first findings, the others bring the rest of them.
CREATE TABLE reports (
  job    INTEGER NOT NULL REFERENCES jobs (n),
  part   INTEGER NOT NULL,
  target TEXT NOT NULL,
  body   TEXT NOT NULL,
  UNIQUE (job, part)
) STRICT;

CREATE TABLE targets (
  n       INTEGER PRIMARY KEY,
  id      TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  head    TEXT NOT NULL
) STRICT;

CREATE TABLE findings (
  n           INTEGER PRIMARY KEY,
  target      INTEGER NOT NULL REFERENCES targets (n),
  fingerprint TEXT NOT NULL UNIQUE,
  record      TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX findings_of_target ON findings (target, fingerprint);

CREATE TABLE transitions (
  n      INTEGER PRIMARY KEY AUTOINCREMENT,
  record TEXT NOT NULL
) STRICT;
CREATE TRIGGER transitions_stand BEFORE UPDATE ON transitions
BEGIN SELECT RAISE(ABORT, 'the log of transitions is append-only'); END;

CREATE TABLE scope_histories (
  scope  TEXT PRIMARY KEY,
  seq    INTEGER NOT NULL,
  record TEXT NOT NULL
) STRICT;

CREATE TABLE dead_letters (
  n       INTEGER PRIMARY KEY,
  id      TEXT NOT NULL UNIQUE,
  last_at INTEGER NOT NULL,
  deaths  INTEGER NOT NULL,
  status  TEXT NOT NULL,
  record  TEXT NOT NULL
) STRICT;
CREATE INDEX dead_letters_by_age ON dead_letters (last_at);

-- The token of a lock that is free stays, so that the next holder's is larger.
CREATE TABLE locks (
  name       TEXT PRIMARY KEY,
  token      INTEGER NOT NULL,
  owner      TEXT,
  held_until INTEGER
) STRICT;

CREATE TABLE queues (
  name       TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE exports (
  name TEXT PRIMARY KEY,
  path TEXT NOT NULL
) STRICT;
