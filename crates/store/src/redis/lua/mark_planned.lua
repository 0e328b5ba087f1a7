-- Takes a note away, unless a later one has come. ARGV: scan, mark.
local mark = call('ZSCORE', P .. 'unplanned', ARGV[2])
if not mark or tonumber(mark) ~= tonumber(ARGV[3]) then return 0 end
return call('ZREM', P .. 'unplanned', ARGV[2])
