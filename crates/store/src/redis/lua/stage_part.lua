-- Writes one part of a report that nobody reads yet. ARGV: key, part number, time-to-live in ms, bytes.
call('HSET', P .. ARGV[2], ARGV[3], ARGV[5])
call('PEXPIRE', P .. ARGV[2], ARGV[4])
return 1
