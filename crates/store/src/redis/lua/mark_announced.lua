-- Notes that the event about a scan's end was confirmed: nobody has to look after the scan any more. ARGV: scan.
local S = P .. 'scan:' .. ARGV[2]
local state = call('HGET', S, 'state')
if not state then return 0 end
call('HSET', S, 'announced', 1)
if scan_is_final(state) then call('ZREM', P .. 'unsettled', ARGV[2]) end
return 1
