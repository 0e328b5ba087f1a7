-- Frees a lock that is still ours; its token stays. ARGV: name, token.
local L = P .. 'lock:' .. ARGV[2]
if call('HGET', L, 'token') == ARGV[3] then call('HDEL', L, 'owner', 'until') end
return 1
