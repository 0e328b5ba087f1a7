-- Keeps a lock that is still held. ARGV: name, token, ttl in ms.
local at = now()
if not lock_holds(ARGV[2], ARGV[3], at) then return 0 end
call('HSET', P .. 'lock:' .. ARGV[2], 'until', int(at + tonumber(ARGV[4])))
return 1
