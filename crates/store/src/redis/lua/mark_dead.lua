-- Notes what became of a dead letter. ARGV: id, status.
local D = P .. 'dead:' .. ARGV[2]
if call('EXISTS', D) == 0 then return 0 end
call('HSET', D, 'status', ARGV[3])
return 1
