-- The audit trail and the pauses of vendors. Run at every opening, so that an older file gets what it has not.

CREATE TABLE IF NOT EXISTS audit (
  segment TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  record  TEXT NOT NULL,
  PRIMARY KEY (segment, seq)
) STRICT, WITHOUT ROWID;

-- Until when a vendor asked to be left alone.
CREATE TABLE IF NOT EXISTS pauses (
  key   TEXT PRIMARY KEY,
  until INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS checkpoints (
  number INTEGER PRIMARY KEY,
  record TEXT NOT NULL
) STRICT;
