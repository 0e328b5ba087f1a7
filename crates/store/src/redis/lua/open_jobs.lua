-- Open jobs in id order. ARGV: scan, id to go on after ('' for the first), how many (at most 1,000).
local from = ARGV[3] == '' and '-' or '(' .. ARGV[3]
local jobs = {}
for i, id in ipairs(call('ZRANGEBYLEX', P .. 'open:' .. ARGV[2], from, '+', 'LIMIT', 0, ARGV[4])) do
  jobs[i] = job_reply(id)
end
return jobs
