-- Writes a row of the ledger in place of its version before.
-- ARGV: id, version, due (empty: nothing to do), record.
local D, id, due = P .. 'deliveries', ARGV[2], ARGV[4]
local there = tonumber(call('HGET', D .. ':versions', id) or 0)
if there + 1 ~= tonumber(ARGV[3]) then return 0 end
call('HSET', D .. ':versions', id, ARGV[3])
call('HSET', D, id, ARGV[5])
call('ZADD', D .. ':ids', 0, id)
if due == '' then call('ZREM', D .. ':due', id) else call('ZADD', D .. ':due', due, id) end
return 1
