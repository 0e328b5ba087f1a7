-- Jobs in list order, the discover job at position 0; the fields of those not released yet are empty.
-- ARGV: scan, first position, last position (at most 1,000 of them).
local scan, first, last = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local discover = call('HGET', P .. 'scan:' .. scan, 'discover')
if not discover then return {} end
local jobs, common = {}, shared(scan)
if first == 0 then jobs[1] = job_reply(discover) end
if last < 1 then return jobs end
for _, entry in ipairs(call('LRANGE', P .. 'list:' .. scan, math.max(first - 1, 0), last - 1)) do
  local id = string.match(entry, '^[^\n]+')
  jobs[#jobs + 1] = { id, call('HMGET', P .. 'job:' .. id, unpack(JOB_FIELDS)), entry, common }
end
return jobs
