-- Put in front of every script. ARGV[1] is the key prefix; scripts read their own arguments from ARGV[2].
--
-- Keys (all behind the prefix)
--   scan:ID        hash    a scan: what was asked, state, counters, ended:WORD
--   list:SCAN      list    the sealed list: "JOB\nTARGET\nSPEC" by position; parts are appended
--   job:ID         hash    a released job; what it shares with its scan or its list stands there only
--   open:SCAN      zset    released jobs that are neither reconciled, parked nor ended, by id
--   recorded:SCAN  set     released jobs whose publish was not confirmed
--   result:JOB     string, or hash by part number: the report
--   target:ID      hash    version, head, applying (a plan that is decided and not all written)
--   findings:ID    hash    fingerprint -> finding
--   index          hash    fingerprint -> target
--   log            stream  transitions
--   running:TARGET, running-of:ORGANISATION
--                  set     attempts begun under a limit, some of which may be over
--   lanes          hash    paused lanes
--   deliveries     hash    the ledger: delivery -> row; :versions, :ids and :due beside it
--   approvals      hash    what waits for a person, as the ledger is kept
--   unplanned      zset    scans whose deliveries are to be planned, by the number of the note
--   presence       zset    processes by the end of their time; processes (hash), drains (set) beside it
--   audit:SEGMENT  list    records of the audit trail by place; audits (set) their segments
--   checkpoints    list    the checkpoints over them by number
--   pause:KEY      1, with a time-to-live: a vendor asked to be left alone
--   seq            number  the last sequence, token or version that was given
--   schedules      hash    schedule -> "VERSION\nSTATE"; schedule_changes the version others than the leader wrote last
--   schedule_names hash    process -> "UNTIL\nNAMES"
--   slots:USER:MINUTE      requests of a user in a minute
--   requested:REQUEST      the scan a request led to; requested_scope (hash) the last one of a scope
--   plan:ID:N, stage:...   what is being written in chunks, with a time-to-live until it counts
--
-- A script runs alone and is one entry of the append-only file: it happens whole or not at all. So no script may fail
-- after its first write: whatever can be wrong is looked at before.
local P = ARGV[1]
local call = redis.call

-- Without an exponent and without the minus of a negative zero, neither of which Redis takes.
local function int(n) return string.format('%.0f', n + 0) end
local function number(text) return tonumber(text or '0') or 0 end

-- The store's clock, in milliseconds.
local function now()
  local t = call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- Sequences of attempts, tokens of fences and locks and versions of targets, schedules and rows come from one counter: none
-- is given twice, not even when the server lost time, for then `epoch` moves the counter ahead.
local function next_seq() return call('INCR', P .. 'seq') end

-- The version that comes after this one: of the counter, and beyond what a release that counted for itself has given.
local function version_after(version)
  local new, least = next_seq(), tonumber(version) + 1
  return new >= least and new or call('INCRBY', P .. 'seq', int(least - new))
end

local function shared(scan)
  return call('HMGET', P .. 'scan:' .. scan, 'scope', 'lane', 'time_limit_ms', 'expires_after_ms', 'created_at', 'id')
end

-- The target that an entry of a list names; empty for none.
local function target_of(entry)
  return string.match(entry, '^[^\n]+\n([^\n]+)') or ''
end

-- The target of a job at this place of the list; empty for none.
local function target_at(scan, index)
  return target_of(call('LINDEX', P .. 'list:' .. scan, index) or '')
end

-- The fields of a job that Rust reads, in the order of `own` in records.rs.
local JOB_FIELDS = { 'kind', 'state', 'released', 'not_before', 'published', 'attempt', 'failures', 'crashes',
  'crashes_alone', 'error', 'waits_for', 'holder', 'until', 'begun', 'token', 'seq', 'stored', 'end' }

-- A job as Rust reads it: id, fields, entry of the list (none for discover), what it shares with its scan.
local function job_reply(id)
  local J = P .. 'job:' .. id
  local at = call('HMGET', J, 'scan', 'index')
  local entry = at[2] and call('LINDEX', P .. 'list:' .. at[1], at[2])
  return { id, call('HMGET', J, unpack(JOB_FIELDS)), entry or false, shared(at[1]) }
end

local function scan_reply(scan)
  return call('HGETALL', P .. 'scan:' .. scan)
end

local function scan_is_final(state)
  return state == 'finished' or state == 'finished-incomplete' or state == 'failed' or state == 'cancelled'
end

-- What the message of a job says; `terms` are its scan's: lane, time limit, how long after its release it expires.
local function message(id, kind, scan, released, terms)
  return { id, kind, scan, terms[1], terms[2], int(number(released) + number(terms[3])) }
end

-- Released jobs whose publish was not confirmed, at most 1,000 of them.
local function recorded_reply(scan)
  local jobs, terms = {}, call('HMGET', P .. 'scan:' .. scan, 'lane', 'time_limit_ms', 'expires_after_ms')
  for i, id in ipairs(call('SRANDMEMBER', P .. 'recorded:' .. scan, 1000)) do
    local j = call('HMGET', P .. 'job:' .. id, 'kind', 'released')
    jobs[i] = message(id, j[1], scan, j[2], terms)
  end
  return jobs
end

-- Takes back window slots, releases from the list what the window allows then, and answers with it.
local function claim(scan, at, slots)
  local S = P .. 'scan:' .. scan
  local s = call('HMGET', S, 'lane', 'time_limit_ms', 'expires_after_ms', 'state', 'window', 'in_window', 'released', 'total')
  local released, in_window, jobs = number(s[7]), number(s[6]) - slots, {}
  local free = math.min(number(s[5]) - in_window, number(s[8]) - released)
  if scan_is_final(s[4]) then free = 0 end
  for i, entry in ipairs(free > 0 and call('LRANGE', P .. 'list:' .. scan, released, released + free - 1) or {}) do
    local id = string.match(entry, '^[^\n]+')
    call('HSET', P .. 'job:' .. id, 'scan', scan, 'kind', 'scan', 'state', 'recorded', 'index', int(released + i - 1),
      'released', int(at))
    call('ZADD', P .. 'open:' .. scan, 0, id)
    call('SADD', P .. 'recorded:' .. scan, id)
    jobs[i] = message(id, 'scan', scan, at, s)
  end
  if slots ~= 0 or #jobs > 0 then
    call('HSET', S, 'released', int(released + #jobs), 'in_window', int(in_window + #jobs))
  end
  return jobs
end

-- So many jobs of the sealed list are over; makes the scan final when none is left. Answers 1 when this made it final.
local function settle(scan, jobs)
  local S = P .. 'scan:' .. scan
  if call('HINCRBY', S, 'pending', int(0 - jobs)) > 0 then return 0 end
  local s = call('HMGET', S, 'state', 'sealed', 'without_result')
  if s[2] ~= '1' or scan_is_final(s[1]) then return 0 end
  call('HSET', S, 'state', number(s[3]) > 0 and 'finished-incomplete' or 'finished', 'finished_at', int(now()))
  return 1
end

-- Counts a job that will have no result.
local function count_without_result(scan, word)
  local S = P .. 'scan:' .. scan
  call('HINCRBY', S, 'ended:' .. word, 1)
  call('HINCRBY', S, 'without_result', 1)
end

-- Frees the fence; what the attempt before had waited for is over with it.
local function drop_fence(J) call('HDEL', J, 'holder', 'until', 'alone', 'waits_for') end

-- An attempt that is over did not die with its process; further fields are set with it.
local function end_fence(J, crashes, crashes_alone, alone, ...)
  drop_fence(J)
  call('HSET', J, 'crashes', int(number(crashes) - 1), 'crashes_alone', int(number(crashes_alone) - number(alone)), ...)
end

-- Whether a lock is held with this token.
local function lock_holds(name, token, at)
  local l = call('HMGET', P .. 'lock:' .. name, 'token', 'owner', 'until')
  return l[1] == token and l[2] and number(l[3]) > at
end
