-- Writes a decision on a schedule and records the scan of its tick, while a lock is held and the version did not move.
-- ARGV: lock, its token, name, version, state, and for a scan: scan, discover job, then pairs of fields for the scan.
if not lock_holds(ARGV[2], ARGV[3], now()) then return { 'not-leader' } end
local new = move_on(ARGV[4], ARGV[5], ARGV[6])
if not new then return { 'moved' } end
return { 'done', new, ARGV[7] and create(ARGV[7], ARGV[8], 9) or false }
