-- Notes which schedules a process has, and answers with what all have whose note has not run out.
-- ARGV: process, ttl in ms, names.
local H, at = P .. 'schedule_names', now()
call('HSET', H, ARGV[2], int(at + tonumber(ARGV[3])) .. '\n' .. ARGV[4])
local live, all = {}, call('HGETALL', H)
for i = 1, #all, 2 do
  local till, names = string.match(all[i + 1], '^(%d+)\n(.*)$')
  if number(till) > at then live[#live + 1] = names else call('HDEL', H, all[i]) end
end
return live
