-- Notes that a process is there; those whose time is over are forgotten. ARGV: process, time-to-live in ms, record.
local at = now()
for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'presence', '-inf', int(at))) do
  call('ZREM', P .. 'presence', id)
  call('HDEL', P .. 'processes', id)
  call('SREM', P .. 'drains', id)
end
call('ZADD', P .. 'presence', int(at + tonumber(ARGV[3])), ARGV[2])
call('HSET', P .. 'processes', ARGV[2], ARGV[4])
return 1
