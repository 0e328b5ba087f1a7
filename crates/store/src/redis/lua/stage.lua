-- Adds to a list that nobody reads yet; it vanishes unless a later script takes it over. A repeated call changes nothing.
-- ARGV: key, how many are there already, time-to-live in ms, entries (at most 1,000).
local key, before = P .. ARGV[2], tonumber(ARGV[3])
if before == 0 then call('UNLINK', key) end
local length = call('LLEN', key)
if length == before + #ARGV - 4 then return 'staged' end
if length ~= before then return 'lost' end
call('RPUSH', key, unpack(ARGV, 5))
call('PEXPIRE', key, ARGV[4])
return 'staged'
