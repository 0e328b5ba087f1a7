-- Rows of a table that something is to be done about, the longest due first, each its version and its record.
-- ARGV: table, now, how many.
local T = P .. ARGV[2]
local ids = call('ZRANGEBYSCORE', T .. ':due', '-inf', ARGV[3], 'LIMIT', 0, ARGV[4])
local rows = {}
for _, id in ipairs(ids) do
  rows[#rows + 1] = call('HGET', T .. ':versions', id)
  rows[#rows + 1] = call('HGET', T, id)
end
return rows
