-- Writes a row of a table in place of its version before.
-- ARGV: table, id, version, due (empty: nothing to do), record.
local T, id, due = P .. ARGV[2], ARGV[3], ARGV[5]
local there = tonumber(call('HGET', T .. ':versions', id) or 0)
if there + 1 ~= tonumber(ARGV[4]) then return 0 end
call('HSET', T .. ':versions', id, ARGV[4])
call('HSET', T, id, ARGV[6])
call('ZADD', T .. ':ids', 0, id)
if due == '' then call('ZREM', T .. ':due', id) else call('ZADD', T .. ':due', due, id) end
return 1
