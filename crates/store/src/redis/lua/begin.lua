-- Asks to run a job; issues the sequence, which is the token of the fence too, and raises the counters, or says why not.
-- ARGV: job, holder, ttl in ms, alone (1 or 0), most failures, most crashes alone, most crashes, most running of one target,
-- of one organisation (0 for no limit), put off by so many ms at first, later, and later begins so long after the release.
--
-- A set of attempts is only where to look: whether one runs says its job. So an attempt that died takes no place for longer
-- than its fence, and there is no counter that could be wrong.
local function running(key, but, at)
  local count = 0
  for _, id in ipairs(call('SMEMBERS', key)) do
    local other = call('HMGET', P .. 'job:' .. id, 'state', 'holder', 'until')
    if other[1] ~= 'running' or not other[2] then
      call('SREM', key, id)
    elseif number(other[3]) + 24 * 3600 * 1000 < at then
      -- Nobody comes back to it: a scan that was cancelled leaves its jobs so.
      call('SREM', key, id)
    elseif id ~= but and number(other[3]) > at then
      count = count + 1
    end
  end
  return count
end

local job, holder, ttl, alone = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local J = P .. 'job:' .. job
local j = call('HMGET', J, 'state', 'scan', 'kind', 'released', 'holder', 'until', 'failures', 'crashes',
  'crashes_alone', 'sealed', 'error', 'attempt', 'index', 'waits_for')
local state, scan = j[1], j[2]
if not state then return { 'unknown' } end
if state == 'stored' then return { 'stored', job_reply(job), recorded_reply(scan) } end
if state == 'reconciled' or state == 'parked' then return { 'over' } end
local S = P .. 'scan:' .. scan
local s = call('HMGET', S, 'state', 'expires_after_ms', 'scope')
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
local of_target, of_organisation = tonumber(ARGV[9]), tonumber(ARGV[10])
local limited, T, O = of_target > 0 or of_organisation > 0, nil, nil
local entry = j[13] and call('LINDEX', P .. 'list:' .. scan, j[13])
if limited and entry then
  local target = target_of(entry)
  local name = string.match(target, '^[^:]*:(.*)$') or target
  T, O = P .. 'running:' .. target, P .. 'running-of:' .. string.match(name, '^[^/]*')
  if (of_target > 0 and running(T, job, at) >= of_target)
    or (of_organisation > 0 and running(O, job, at) >= of_organisation) then
    local wait = at - number(j[4]) < tonumber(ARGV[13]) and ARGV[11] or ARGV[12]
    call('HSET', J, 'published', int(at), 'not_before', int(at + tonumber(wait)))
    if state == 'recorded' then
      call('HSET', J, 'state', 'published')
      call('SREM', P .. 'recorded:' .. scan, job)
    end
    return { 'full', tonumber(wait) }
  end
end
if number(j[8]) >= tonumber(ARGV[8]) and alone ~= '1' then return { 'suspect' } end

local seq, attempt = next_seq(), int(number(j[12]) + 1)
call('HSET', J, 'state', 'running', 'holder', holder, 'until', int(at + ttl), 'begun', int(at), 'alone', alone,
  'token', seq, 'attempt', attempt, 'crashes', int(number(j[8]) + 1),
  'crashes_alone', int(number(j[9]) + tonumber(alone)))
-- Whoever counts also clears away, so where nobody counts nothing is added.
local function note_running(key)
  call('SADD', key, job)
  call('PEXPIRE', key, 7 * 24 * 3600 * 1000)
end
if T and of_target > 0 then note_running(T) end
if O and of_organisation > 0 then note_running(O) end
if state == 'recorded' then call('SREM', P .. 'recorded:' .. scan, job) end
if s[1] == 'planned' then call('HSET', S, 'state', 'discovering') end
return { 'started', seq, scan, attempt, j[3], entry or false, s[3], j[14] }
