-- Gives up on a result's event: the result stays, the scan need not wait for it. ARGV: job.
local J = P .. 'job:' .. ARGV[2]
local j = call('HMGET', J, 'state', 'scan')
if j[1] ~= 'stored' then return { 'kept' } end
local scan = j[2]
call('HSET', J, 'state', 'parked')
call('ZREM', P .. 'open:' .. scan, ARGV[2])
count_without_result(scan, 'parked')
local finished = settle(scan, 1)
return { 'parked', scan_reply(scan), finished }
