-- Scans from an index. ARGV: index (scans or unsettled), first, last, 'newest' or 'oldest'.
local command = ARGV[5] == 'newest' and 'ZREVRANGE' or 'ZRANGE'
local scans = {}
for i, id in ipairs(call(command, P .. ARGV[2], ARGV[3], ARGV[4])) do scans[i] = scan_reply(id) end
return scans
