-- Ends a job that has no result, frees its window slot and claims the next.
-- ARGV: job, end, word ('' when it is not counted), reason for a person, lock ('' for none), its token.
local job, word = ARGV[2], ARGV[4]
local J = P .. 'job:' .. job
local j = call('HMGET', J, 'state', 'scan', 'kind')
local state, scan, discover = j[1], j[2], j[3] == 'discover'
if not state then return { 'unknown' } end
local at = now()
if ARGV[6] ~= '' and not lock_holds(ARGV[6], ARGV[7], at) then return { 'kept' } end
if state ~= 'recorded' and state ~= 'published' and state ~= 'running' then return { 'kept' } end

local S = P .. 'scan:' .. scan
call('HSET', J, 'state', 'ended', 'end', ARGV[3])
drop_fence(J)
call('ZREM', P .. 'open:' .. scan, job)
call('SREM', P .. 'recorded:' .. scan, job)
local finished, claimed = 0, {}
if discover then
  if not scan_is_final(call('HGET', S, 'state')) then
    call('HSET', S, 'state', 'failed', 'error', ARGV[5], 'finished_at', int(at))
    finished = 1
  end
else
  if word ~= '' then count_without_result(scan, word) end
  claimed = claim(scan, at, 1)
  finished = settle(scan, 1)
end
return { 'ended', claimed, scan_reply(scan), finished }
