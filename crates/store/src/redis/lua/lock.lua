-- Takes a lock that is free, run out, or held by the same owner. The token grows with every holder.
-- ARGV: name, owner, ttl in ms.
local L = P .. 'lock:' .. ARGV[2]
local l = call('HMGET', L, 'owner', 'until', 'token')
local at = now()
local held = l[1] and number(l[2]) > at
if held and l[1] ~= ARGV[3] then return { 'other', l[1], int(number(l[2]) - at) } end
local token = held and l[3] or next_seq()
call('HSET', L, 'owner', ARGV[3], 'until', int(at + tonumber(ARGV[4])), 'token', token)
return { 'held', tonumber(token) }
