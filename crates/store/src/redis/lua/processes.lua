-- The processes that are there.
local there = {}
for i, id in ipairs(call('ZRANGEBYSCORE', P .. 'presence', '(' .. int(now()), '+inf')) do
  there[i] = call('HGET', P .. 'processes', id)
end
return there
