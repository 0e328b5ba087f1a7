-- Stores a report, frees the window slot and claims the next job. The first fully written report stands.
-- ARGV: job, token, how many parts, stage key and '' (more than one part) or '' and the bytes (one part).
local job, parts = ARGV[2], tonumber(ARGV[4])
local J, R = P .. 'job:' .. job, P .. 'result:' .. job
local j = call('HMGET', J, 'state', 'token', 'holder', 'scan', 'fence_seq', 'crashes', 'crashes_alone', 'alone', 'kind')
local scan = j[4]
if j[1] == 'stored' or j[1] == 'parked' or j[1] == 'reconciled' then return { 'already', recorded_reply(scan) } end
if j[1] ~= 'running' or j[2] ~= ARGV[3] or not j[3] or j[9] ~= 'scan' then return { 'lost' } end
if parts > 1 and call('HLEN', P .. ARGV[5]) ~= parts then return { 'stage-lost' } end

if parts > 1 then
  call('RENAME', P .. ARGV[5], R)
  call('PERSIST', R)
else
  call('SET', R, ARGV[6])
end
local at = now()
end_fence(J, j[6], j[7], j[8], 'state', 'stored', 'seq', j[5], 'stored', int(at), 'parts', parts)
return { 'new', claim(scan, at, 1) }
