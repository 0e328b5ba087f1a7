-- Wishes that a process which is there drains. ARGV: process.
local seen = call('ZSCORE', P .. 'presence', ARGV[2])
if not seen or number(seen) <= now() then return 0 end
call('SADD', P .. 'drains', ARGV[2])
return 1
