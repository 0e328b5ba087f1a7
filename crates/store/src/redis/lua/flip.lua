-- Decides a plan that was staged in chunks: from here on it counts, and whoever comes next finishes writing it.
-- ARGV: job, target, version, head, opened, resolved, checks, unanswered, plan, how many chunks.
local job, target, plan, chunks = ARGV[2], ARGV[3], ARGV[10], tonumber(ARGV[11])
local refused, state, scan = refuse(job, target, ARGV[4])
if refused then return refused end
for n = 0, chunks - 1 do
  if call('EXISTS', P .. 'plan:' .. plan .. ':' .. n) == 0 then return { 'stage-lost' } end
end
local version = version_after(ARGV[4])
for n = 0, chunks - 1 do call('PERSIST', P .. 'plan:' .. plan .. ':' .. n) end
call('HSET', P .. 'target:' .. target, 'version', version, 'head', ARGV[5],
  'applying', plan, 'chunk', 0, 'chunks', chunks)
call('SADD', P .. 'unfinished', target)
return note(job, state, scan)
