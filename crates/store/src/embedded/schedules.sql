-- Schedules and requests. Made in files of every age, so each statement may run again.

CREATE TABLE IF NOT EXISTS schedules (
  name    TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  state   TEXT NOT NULL
) STRICT;

-- How often a state was written by others than the leader.
CREATE TABLE IF NOT EXISTS schedule_changes (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  changes INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO schedule_changes VALUES (1, 0);

-- Which schedules a process has in its configuration, as JSON.
CREATE TABLE IF NOT EXISTS schedule_names (
  process    TEXT PRIMARY KEY,
  held_until INTEGER NOT NULL,
  names      TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS request_slots (
  user   TEXT PRIMARY KEY,
  minute INTEGER NOT NULL,
  taken  INTEGER NOT NULL
) STRICT;

-- Which scan a request led to.
CREATE TABLE IF NOT EXISTS requested (
  request TEXT PRIMARY KEY,
  scan    TEXT NOT NULL,
  scope   TEXT NOT NULL,
  at      INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS requested_scope ON requested (scope, at);
CREATE INDEX IF NOT EXISTS requested_age ON requested (at);
