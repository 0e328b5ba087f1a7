-- Scans whose deliveries are to be planned, in the order of their notes: scan, mark, scan, mark, … ARGV: how many.
return call('ZRANGE', P .. 'unplanned', 0, tonumber(ARGV[2]) - 1, 'WITHSCORES')
