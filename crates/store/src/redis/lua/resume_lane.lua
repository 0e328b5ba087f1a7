-- Lets a lane go on; answers with the pause that stood. ARGV: lane.
local stood = call('HGET', P .. 'lanes', ARGV[2])
call('HDEL', P .. 'lanes', ARGV[2])
return stood
