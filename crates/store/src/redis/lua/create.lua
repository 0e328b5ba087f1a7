
-- Records a scan and its discover job unless the scan is there. From ARGV[first] on: pairs of fields for the scan
-- (created_at is ours).
local function create(scan, job, first)
  local S = P .. 'scan:' .. scan
  if call('EXISTS', S) == 1 then return { 'exists', scan_reply(scan) } end
  local at = int(now())
  call('HSET', S, 'id', scan, 'discover', job, 'state', 'planned', 'created_at', at, unpack(ARGV, first))
  call('HSET', P .. 'job:' .. job, 'scan', scan, 'kind', 'discover', 'state', 'recorded', 'released', at)
  call('ZADD', P .. 'scans', at, scan)
  call('ZADD', P .. 'unsettled', at, scan)
  call('ZADD', P .. 'open:' .. scan, 0, job)
  call('SADD', P .. 'recorded:' .. scan, job)
  return { 'new', scan_reply(scan), job_reply(job) }
end
