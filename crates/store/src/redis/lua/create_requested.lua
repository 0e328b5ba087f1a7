-- Records a scan for a request unless the request, or its scope, has one.
-- ARGV: scan, discover job, ms for which the request is known, scope, then pairs of fields for the scan.
local scan, scope = ARGV[2], ARGV[5]
local R, H = P .. 'requested:' .. scan, P .. 'requested_scope'
local before = call('GET', R)
if before and call('EXISTS', P .. 'scan:' .. before) == 1 then return { 'exists', scan_reply(before) } end
local last = call('HGET', H, scope)
local state = last and call('HGET', P .. 'scan:' .. last, 'state')
local open = state and not scan_is_final(state)
local reply = open and { 'exists', scan_reply(last) } or create(scan, ARGV[3], 6)
local led_to = open and last or scan
call('SET', R, led_to, 'PX', ARGV[4])
call('HSET', H, scope, led_to)
return reply
