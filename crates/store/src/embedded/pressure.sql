-- Pressure. Run at every opening, so that an older file gets what it has not.

-- The attempts that may be running: few, whatever the number of jobs.
CREATE INDEX IF NOT EXISTS held_jobs ON jobs (held_until) WHERE holder IS NOT NULL;

CREATE TABLE IF NOT EXISTS paused_lanes (
  lane   TEXT PRIMARY KEY,
  record TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS processes (
  id     TEXT PRIMARY KEY,
  until  INTEGER NOT NULL,
  drain  INTEGER NOT NULL DEFAULT 0,
  record TEXT NOT NULL
) STRICT;
