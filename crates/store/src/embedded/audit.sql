-- The audit trail. Run at every opening, so that an older file gets what it has not.

CREATE TABLE IF NOT EXISTS audit (
  segment TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  record  TEXT NOT NULL,
  PRIMARY KEY (segment, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS checkpoints (
  number INTEGER PRIMARY KEY,
  record TEXT NOT NULL
) STRICT;
