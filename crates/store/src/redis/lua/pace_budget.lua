-- Takes the one call under a key: 0, else the ms to wait.
-- ARGV: key, ms.
local K = P .. 'pause:' .. ARGV[2]
if call('SET', K, 1, 'NX', 'PX', ARGV[3]) then return 0 end
return math.max(call('PTTL', K), 1)
