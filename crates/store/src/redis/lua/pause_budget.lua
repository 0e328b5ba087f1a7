-- Nothing should be asked for so long; a longer pause stays.
-- ARGV: key, ms.
local K = P .. 'pause:' .. ARGV[2]
if call('PTTL', K) < tonumber(ARGV[3]) then call('SET', K, 1, 'PX', ARGV[3]) end
return 1
