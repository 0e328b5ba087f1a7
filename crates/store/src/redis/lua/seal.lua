-- Seals a list: the scan's own, or parts behind it. Claims what the window allows and ends the own job, all at once.
-- ARGV: job, token, how many entries, stage key ('' when the entries follow), 1 when there is a history of
--       the scope, its sequence, the history, the end of a scan job to note, entries.
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

-- Of what a scan job adds, only what does not stand on the list yet: released jobs have a hash, the others are looked at.
local function new_of(entries)
  local waiting, new = {}, {}
  for _, entry in ipairs(call('LRANGE', list, number(call('HGET', S, 'released')), -1)) do
    waiting[string.match(entry, '^[^\n]+')] = true
  end
  for _, entry in ipairs(entries) do
    local id = string.match(entry, '^[^\n]+')
    if not waiting[id] and call('EXISTS', P .. 'job:' .. id) == 0 then new[#new + 1] = entry end
  end
  return new
end

if not discover then
  local new = new_of(stage == '' and { unpack(ARGV, 10) } or call('LRANGE', P .. stage, 0, -1))
  count = #new
  for from = 1, count, 1000 do call('RPUSH', list, unpack(new, from, math.min(from + 999, count))) end
  if stage ~= '' then call('UNLINK', P .. stage) end
elseif stage == '' then
  if count > 0 then call('RPUSH', list, unpack(ARGV, 10)) end
else
  call('RENAME', P .. stage, list)
  call('PERSIST', list)
end
if ARGV[6] == '1' then
  local H = P .. 'history:' .. call('HGET', S, 'scope')
  if number(call('HGET', H, 'seq')) <= tonumber(ARGV[7]) then call('HSET', H, 'seq', ARGV[7], 'json', ARGV[8]) end
end
end_fence(J, j[7], j[8], j[9], 'state', 'ended', 'sealed', 1)
if not discover then call('HSET', J, 'end', ARGV[9]) end
call('ZREM', P .. 'open:' .. scan, job)
call('HINCRBY', S, 'total', count)
if discover then call('HSET', S, 'state', 'running', 'sealed', 1) end
local own = discover and 0 or 1
local claimed = claim(scan, now(), own)
local finished = settle(scan, own - count)
return { 'new', claimed, scan_reply(scan), finished }
