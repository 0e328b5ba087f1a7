-- Notes that the event about a scan's end was confirmed: nobody has to look after the scan any more, and, the first time, that
-- its deliveries are to be planned. ARGV: scan.
local S = P .. 'scan:' .. ARGV[2]
local state = call('HGET', S, 'state')
if not state or not scan_is_final(state) then return 0 end
call('ZREM', P .. 'unsettled', ARGV[2])
if call('HSET', S, 'announced', 1) == 0 then return 0 end
call('ZADD', P .. 'unplanned', call('INCR', P .. 'seq'), ARGV[2])
return 1
