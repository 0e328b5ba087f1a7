-- Writes a row of a table in place of the version it was read with, 0 for one that is new. Answers with its new version,
-- or 0.
-- ARGV: table, id, version, due (empty: nothing to do), record without its version.
local T, id, due = P .. ARGV[2], ARGV[3], ARGV[5]
local stands = call('HGET', T .. ':versions', id) or '0'
if stands ~= ARGV[4] then return 0 end
local version = int(version_after(stands))
call('HSET', T .. ':versions', id, version)
-- The record has it for a release that reads it there, and counts up from it.
call('HSET', T, id, '{"version":' .. version .. ',' .. string.sub(ARGV[6], 2))
call('ZADD', T .. ':ids', 0, id)
if due == '' then call('ZREM', T .. ':due', id) else call('ZADD', T .. ':due', due, id) end
return version
