-- Keeps a fence. ARGV: job, token, ttl in ms.
local J = P .. 'job:' .. ARGV[2]
local j = call('HMGET', J, 'state', 'token', 'holder', 'scan')
if j[1] ~= 'running' or j[2] ~= ARGV[3] or not j[3] then return 'lost' end
if call('HGET', P .. 'scan:' .. j[4], 'state') == 'cancelled' then return 'cancelled' end
call('HSET', J, 'until', int(now() + tonumber(ARGV[4])))
return 'held'
