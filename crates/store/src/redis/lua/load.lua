-- A result and what is known of its target, read at one moment. A decided plan of the target must be written first.
-- Read by `input` and `first` in lifecycle.rs, in this order.
-- ARGV: job, 1 to count this load, how many findings to send along at most.
local job = ARGV[2]
local J = P .. 'job:' .. job
local j = call('HMGET', J, 'state', 'scan', 'loads', 'parts', 'index', 'seq', 'attempt')
local state, scan = j[1], j[2]
if not state then return { 'unknown' } end
if state ~= 'stored' and state ~= 'parked' and state ~= 'reconciled' then return { 'no-result' } end
local target = j[5] and target_at(scan, j[5]) or ''
local T, F = P .. 'target:' .. target, P .. 'findings:' .. target
local t = call('HMGET', T, 'version', 'head', 'applying', 'listed')
if t[3] then return { 'applying', target } end
if state == 'reconciled' then return { 'reconciled', scan_reply(scan) } end
local loads = ARGV[3] == '1' and call('HINCRBY', J, 'loads', 1) or number(j[3])
local parts = number(j[4])
local body = parts == 1 and call('GET', P .. 'result:' .. job)
local count = t[4] and call('HLEN', F) or 0
local findings = count > 0 and count <= tonumber(ARGV[4]) and call('HVALS', F) or {}
return { 'ready', scan, j[6] or '0', j[7] or '0', loads, parts, body or false, target,
  t[1] or '0', t[2] or false, count, findings }
