-- Ends an attempt without a result: the fence is free, its crash mark taken back.
-- ARGV: job, token, 'failed' or 'given-back', not before so many ms from now, error or what it
-- waits for ('' when nobody says).
local J = P .. 'job:' .. ARGV[2]
local j = call('HMGET', J, 'state', 'token', 'holder', 'failures', 'attempt', 'crashes', 'crashes_alone', 'alone')
if j[1] ~= 'running' or j[2] ~= ARGV[3] or not j[3] then return false end
end_fence(J, j[6], j[7], j[8], 'state', 'published', 'not_before', int(now() + tonumber(ARGV[5])))
if ARGV[4] ~= 'failed' then
  call('HSET', J, 'attempt', int(number(j[5]) - 1))
  if ARGV[6] ~= '' then call('HSET', J, 'waits_for', ARGV[6]) end
  return number(j[4])
end
call('HSET', J, 'failures', int(number(j[4]) + 1), 'error', ARGV[6])
return number(j[4]) + 1
