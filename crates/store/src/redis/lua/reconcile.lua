-- Put between common.lua and the two scripts that put a result in the lifecycle: what they look at first, and what they
-- note when all is in order.
--
-- Answers nil when the job may be reconciled, else what to say. The second value is the job's state, the third its scan.
local function refuse(job, target, version)
  local j = call('HMGET', P .. 'job:' .. job, 'state', 'scan')
  local t = call('HMGET', P .. 'target:' .. target, 'version', 'applying')
  if t[2] then return { 'applying' } end
  if j[1] == 'reconciled' then return { 'reconciled', scan_reply(j[2]) } end
  if j[1] ~= 'stored' and j[1] ~= 'parked' then return { 'no-result' } end
  if (t[1] or '0') ~= version then return { 'conflict' } end
  return nil, j[1], j[2]
end

-- The job is reconciled and counted (one that was parked left `pending` then); the scan is final at zero.
-- What it counts stands at the same places of both scripts.
local function note(job, state, scan)
  local S = P .. 'scan:' .. scan
  call('HSET', P .. 'job:' .. job, 'state', 'reconciled')
  for i, name in ipairs({ 'opened', 'resolved', 'checks', 'unanswered' }) do
    if ARGV[5 + i] ~= '0' then call('HINCRBY', S, name, ARGV[5 + i]) end
  end
  call('HINCRBY', S, 'done', 1)
  local finished = 0
  if state == 'stored' then
    call('ZREM', P .. 'open:' .. scan, job)
    finished = settle(scan, 1)
  else
    call('HINCRBY', S, 'ended:parked', -1)
    call('HINCRBY', S, 'without_result', -1)
  end
  return { 'committed', scan_is_final(call('HGET', S, 'state')) and scan_reply(scan) or {}, finished }
end

-- Writes findings (fingerprint and JSON in turn) and log entries to a target.
local function write(target, pairs_, transitions)
  if #pairs_ > 0 then
    local index = {}
    for i = 1, #pairs_, 2 do
      index[i], index[i + 1] = pairs_[i], target
    end
    call('HSET', P .. 'findings:' .. target, unpack(pairs_))
    call('HSET', P .. 'index', unpack(index))
    if call('HSETNX', P .. 'target:' .. target, 'listed', 1) == 1 then call('ZADD', P .. 'targets', 0, target) end
  end
  for _, entry in ipairs(transitions) do call('XADD', P .. 'log', '*', 't', entry) end
end
