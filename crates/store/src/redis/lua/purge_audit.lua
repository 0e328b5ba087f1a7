-- Removes a segment that has not grown meanwhile.
-- ARGV: segment, place of its last record.
local S = P .. 'audit:' .. ARGV[2]
if call('LLEN', S) ~= tonumber(ARGV[3]) + 1 then return 0 end
call('UNLINK', S)
call('SREM', P .. 'audits', ARGV[2])
return 1
