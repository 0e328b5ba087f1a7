-- Writes what people decided about a finding in place of its version before.
-- ARGV: fingerprint, version, record.
local D, id = P .. 'decisions', ARGV[2]
local there = tonumber(call('HGET', D .. ':versions', id) or 0)
if there + 1 ~= tonumber(ARGV[3]) then return 0 end
call('HSET', D .. ':versions', id, ARGV[3])
call('HSET', D, id, ARGV[4])
call('ZADD', D .. ':ids', 0, id)
return 1
