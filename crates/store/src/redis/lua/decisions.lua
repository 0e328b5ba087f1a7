-- Decisions in the order of fingerprints.
-- ARGV: where to begin, as ZRANGEBYLEX takes it; how many.
local D = P .. 'decisions'
local ids = call('ZRANGEBYLEX', D .. ':ids', ARGV[2], '+', 'LIMIT', 0, ARGV[3])
local rows = {}
for _, id in ipairs(ids) do rows[#rows + 1] = call('HGET', D, id) end
return rows
