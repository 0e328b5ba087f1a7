-- Seals a list: the scan's own, or parts behind it. Claims what the window allows and ends the own job, all at once.
-- ARGV: job, token, how many entries, stage key ('' when the entries follow), 1 when there is a history of
--       the scope, its sequence, the history, the end to note, entries.
local job, count, stage = ARGV[2], tonumber(ARGV[4]), ARGV[5]
local J = P .. 'job:' .. job
local j = call('HMGET', J, 'state', 'token', 'holder', 'scan', 'kind', 'sealed', 'crashes', 'crashes_alone', 'alone')
if not j[1] then return { 'lost' } end
local scan, discover = j[4], j[5] == 'discover'
local S, list = P .. 'scan:' .. scan, P .. 'list:' .. scan
if j[6] == '1' then return { 'already', recorded_reply(scan) } end
if j[1] ~= 'running' or j[2] ~= ARGV[3] or not j[3] then return { 'lost' } end
if scan_is_final(call('HGET', S, 'state')) then return { 'lost' } end
if stage ~= '' and call('LLEN', P .. stage) ~= count then return { 'stage-lost' } end

if stage == '' then
  if count > 0 then call('RPUSH', list, unpack(ARGV, 10)) end
elseif call('EXISTS', list) == 0 then
  call('RENAME', P .. stage, list)
  call('PERSIST', list)
else
  for from = 0, count - 1, 1000 do
    call('RPUSH', list, unpack(call('LRANGE', P .. stage, from, from + 999)))
  end
  call('UNLINK', P .. stage)
end
if ARGV[6] == '1' then
  local H = P .. 'history:' .. call('HGET', S, 'scope')
  if number(call('HGET', H, 'seq')) <= tonumber(ARGV[7]) then call('HSET', H, 'seq', ARGV[7], 'json', ARGV[8]) end
end
end_fence(J, j[7], j[8], j[9], 'state', 'ended', 'sealed', 1, 'end', ARGV[9])
call('ZREM', P .. 'open:' .. scan, job)
call('HINCRBY', S, 'total', count)
if discover then call('HSET', S, 'state', 'running', 'sealed', 1) end
local own = discover and 0 or 1
local claimed = claim(scan, now(), own)
local finished = settle(scan, own - count)
return { 'new', claimed, scan_reply(scan), finished }
