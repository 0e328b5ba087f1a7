-- Dead letters, newest first. ARGV: first, last.
local dead = {}
for i, id in ipairs(call('ZREVRANGE', P .. 'deads', ARGV[2], ARGV[3])) do dead[i] = call('HGETALL', P .. 'dead:' .. id) end
return dead
