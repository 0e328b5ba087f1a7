-- Makes a scan cancelled unless it is over. Jobs stay as they are: begin, renew and claim look at the scan. ARGV: scan.
local scan = ARGV[2]
local S = P .. 'scan:' .. scan
local state = call('HGET', S, 'state')
if not state then return { 'unknown' } end
if scan_is_final(state) then return { 'over', scan_reply(scan) } end
call('HSET', S, 'state', 'cancelled', 'finished_at', int(now()))
call('UNLINK', P .. 'recorded:' .. scan)
return { 'now', scan_reply(scan) }
