-- The last record of every segment.
local heads = {}
for i, segment in ipairs(call('SMEMBERS', P .. 'audits')) do heads[i] = call('LINDEX', P .. 'audit:' .. segment, -1) end
return heads
