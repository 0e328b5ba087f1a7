-- Pauses a lane unless it is paused; answers with the pause that stands. ARGV: lane, record.
call('HSETNX', P .. 'lanes', ARGV[2], ARGV[3])
return call('HGET', P .. 'lanes', ARGV[2])
