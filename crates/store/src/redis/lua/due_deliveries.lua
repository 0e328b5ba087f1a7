-- Rows that something is to be done about, the longest due first.
-- ARGV: now, how many.
local D = P .. 'deliveries'
local ids = call('ZRANGEBYSCORE', D .. ':due', '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
local rows = {}
for _, id in ipairs(ids) do rows[#rows + 1] = call('HGET', D, id) end
return rows
