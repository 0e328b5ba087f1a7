-- Removes jobs and reports of an outdated scan from the end of its list; with the last of them the scan.
-- ARGV: lock ('' for none), its token, scan, ended before this time in ms, most jobs (at most 1,000).
-- Answers how many jobs went, and 1 when the scan went too.
local scan, most = ARGV[4], tonumber(ARGV[6])
if ARGV[2] ~= '' and not lock_holds(ARGV[2], ARGV[3], now()) then return { 0, 0 } end
local S, list = P .. 'scan:' .. scan, P .. 'list:' .. scan
local s = call('HMGET', S, 'state', 'announced', 'finished_at', 'discover')
if not s[1] or not scan_is_final(s[1]) or not s[2] or number(s[3]) >= tonumber(ARGV[5]) then return { 0, 0 } end
local gone = 0
while gone < most do
  local entry = call('RPOP', list)
  if not entry then break end
  local id = string.match(entry, '^[^\n]+')
  call('UNLINK', P .. 'job:' .. id, P .. 'result:' .. id)
  gone = gone + 1
end
if gone == most then return { gone, 0 } end
call('UNLINK', S, list, P .. 'open:' .. scan, P .. 'recorded:' .. scan, P .. 'job:' .. s[4])
call('ZREM', P .. 'scans', scan)
call('ZREM', P .. 'unsettled', scan)
return { gone + 1, 1 }
