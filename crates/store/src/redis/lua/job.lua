-- One released job. ARGV: job.
if call('EXISTS', P .. 'job:' .. ARGV[2]) == 0 then return false end
return job_reply(ARGV[2])
