-- Frees a lock that is still ours. ARGV: name, token.
local L = P .. 'lock:' .. ARGV[2]
if call('HGET', L, 'token') == ARGV[3] then call('UNLINK', L) end
return 1
