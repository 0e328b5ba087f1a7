-- Puts a result in the lifecycle, whole. For at most 1,000 findings and 1,000 log entries.
-- ARGV: job, target, version, head, opened, resolved, checks, unanswered, how many findings, then fingerprint
-- and finding in turn, then log entries.
local job, target = ARGV[2], ARGV[3]
local refused, state, scan = refuse(job, target, ARGV[4])
if refused then return refused end
local version = version_after(ARGV[4])
local last = 10 + 2 * tonumber(ARGV[10])
write(target, { unpack(ARGV, 11, last) }, { unpack(ARGV, last + 1) })
call('HSET', P .. 'target:' .. target, 'version', version, 'head', ARGV[5])
return note(job, state, scan)
