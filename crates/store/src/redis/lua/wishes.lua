-- What is wished of a process: the pauses of both lanes, and 1 when it is to drain. ARGV: process.
return { call('HMGET', P .. 'lanes', 'interactive', 'bulk'), call('SISMEMBER', P .. 'drains', ARGV[2]) }
