-- Takes one of a user's requests in the present minute; 1, or 0 when none is left. ARGV: user, most in a minute.
local K = P .. 'slots:' .. ARGV[2] .. ':' .. int(math.floor(now() / 60000))
if number(call('GET', K)) >= tonumber(ARGV[3]) then return 0 end
call('INCR', K)
call('EXPIRE', K, 120)
return 1
