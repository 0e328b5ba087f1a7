-- Counts or removes entries from the beginning of the log. Positions stay good: the stream never gives one again.
-- ARGV: lock ('' for none), its token, 'count' or 'remove', from position, until position, how many (at most 1,000).
-- Answers how many, and the position of the last.
if ARGV[2] ~= '' and not lock_holds(ARGV[2], ARGV[3], now()) then return { 0, '' } end
local ids = {}
for i, entry in ipairs(call('XRANGE', P .. 'log', ARGV[5], ARGV[6], 'COUNT', ARGV[7])) do ids[i] = entry[1] end
if #ids > 0 and ARGV[4] == 'remove' then call('XDEL', P .. 'log', unpack(ids)) end
return { #ids, ids[#ids] or '' }
