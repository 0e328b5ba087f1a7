-- Retention. Run at every opening, so that an older file gets what it has not.

CREATE INDEX IF NOT EXISTS scans_of_scope ON scans (scope, n);

-- Up to where the log of transitions may be cut off.
CREATE TABLE IF NOT EXISTS log_start (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  upto INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO log_start VALUES (1, 0);

DROP TRIGGER IF EXISTS transitions_stay;
CREATE TRIGGER IF NOT EXISTS transitions_stay_behind_the_start BEFORE DELETE ON transitions
WHEN OLD.n > (SELECT upto FROM log_start)
BEGIN SELECT RAISE(ABORT, 'the log of transitions is append-only; only its beginning may be cut off'); END;
