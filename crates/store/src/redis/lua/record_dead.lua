-- Records a dead letter; the same id again is counted and waits again. ARGV: id, time, the record.
local D = P .. 'dead:' .. ARGV[2]
local again = call('EXISTS', D) == 1
if again then
  call('HINCRBY', D, 'deaths', 1)
  call('HSET', D, 'last_at', ARGV[3], 'status', 'waiting')
else
  call('HSET', D, 'deaths', ARGV[4], 'last_at', ARGV[3], 'status', ARGV[5], 'record', ARGV[6])
end
call('ZADD', P .. 'deads', ARGV[3], ARGV[2])
return 1
