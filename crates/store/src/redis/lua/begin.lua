-- Asks to run a job; issues the sequence, which is the token of the fence too, and raises the counters, or says why not.
-- ARGV: job, holder, ttl in ms, alone (1 or 0), most failures, most crashes alone, most crashes.
local job, holder, ttl, alone = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local J = P .. 'job:' .. job
local j = call('HMGET', J, 'state', 'scan', 'kind', 'released', 'holder', 'until', 'failures', 'crashes',
  'crashes_alone', 'sealed', 'error', 'attempt')
local state, scan = j[1], j[2]
if not state then return { 'unknown' } end
if state == 'stored' then return { 'stored', job_reply(job), recorded_reply(scan) } end
if state == 'reconciled' or state == 'parked' then return { 'over' } end
local S = P .. 'scan:' .. scan
local s = call('HMGET', S, 'state', 'expires_after_ms')
if state == 'ended' then
  if j[10] == '1' and not scan_is_final(s[1]) then return { 'sealed', recorded_reply(scan) } end
  return { 'over' }
end
if scan_is_final(s[1]) then return { 'over' } end
local at = now()
if j[5] and number(j[6]) > at then return { 'busy', int(number(j[6]) - at) } end
if number(j[4]) + number(s[2]) <= at then return { 'condemned', 'expired', '' } end
if number(j[7]) >= tonumber(ARGV[6]) then return { 'condemned', 'failed', j[11] or '' } end
if number(j[9]) >= tonumber(ARGV[7]) then return { 'condemned', 'crash-loop', '' } end
if number(j[8]) >= tonumber(ARGV[8]) and alone ~= '1' then return { 'suspect' } end

local seq = next_seq()
call('HSET', J, 'state', 'running', 'holder', holder, 'until', int(at + ttl), 'alone', alone, 'token', seq,
  'attempt', int(number(j[12]) + 1), 'crashes', int(number(j[8]) + 1),
  'crashes_alone', int(number(j[9]) + tonumber(alone)))
if state == 'recorded' then call('SREM', P .. 'recorded:' .. scan, job) end
if s[1] == 'planned' then call('HSET', S, 'state', 'discovering') end
return { 'started', job_reply(job), seq }
