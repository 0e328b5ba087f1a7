-- Keeps a checkpoint after the one before it.
-- ARGV: number, checkpoint.
local C = P .. 'checkpoints'
if call('LLEN', C) + 1 ~= tonumber(ARGV[2]) then return 0 end
call('RPUSH', C, ARGV[3])
return 1
