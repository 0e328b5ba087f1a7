-- Ends an attempt without a result: the fence is free, its crash mark taken back.
-- ARGV: job, token, 'failed' or 'given-back', not before so many ms from now, error.
local J = P .. 'job:' .. ARGV[2]
local j = call('HMGET', J, 'state', 'token', 'holder', 'failures', 'attempt')
if j[1] ~= 'running' or j[2] ~= ARGV[3] or not j[3] then return false end
take_crash_mark_back(J)
drop_fence(ARGV[2])
call('HSET', J, 'state', 'published', 'not_before', int(now() + tonumber(ARGV[5])))
if ARGV[4] ~= 'failed' then
  call('HSET', J, 'attempt', int(number(j[5]) - 1))
  return number(j[4])
end
call('HSET', J, 'failures', int(number(j[4]) + 1), 'error', ARGV[6])
return number(j[4]) + 1
