-- Forgets a process that has ended. ARGV: process.
call('ZREM', P .. 'presence', ARGV[2])
call('HDEL', P .. 'processes', ARGV[2])
call('SREM', P .. 'drains', ARGV[2])
return 1
