-- Notes confirmed publishes. ARGV: jobs (at most 500).
local at = int(now())
for i = 2, #ARGV do
  local J = P .. 'job:' .. ARGV[i]
  local j = call('HMGET', J, 'state', 'scan')
  if j[1] == 'recorded' then
    call('HSET', J, 'state', 'published', 'published', at)
    call('SREM', P .. 'recorded:' .. j[2], ARGV[i])
  elseif j[1] == 'published' then
    call('HSET', J, 'published', at)
  end
end
return #ARGV - 1
