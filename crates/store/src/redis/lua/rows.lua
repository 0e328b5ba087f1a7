-- Rows of a table in the order of ids, each its version and its record.
-- ARGV: table; where to begin, as ZRANGEBYLEX takes it; how many.
local T = P .. ARGV[2]
local ids = call('ZRANGEBYLEX', T .. ':ids', ARGV[3], '+', 'LIMIT', 0, ARGV[4])
local rows = {}
for _, id in ipairs(ids) do
  rows[#rows + 1] = call('HGET', T .. ':versions', id)
  rows[#rows + 1] = call('HGET', T, id)
end
return rows
