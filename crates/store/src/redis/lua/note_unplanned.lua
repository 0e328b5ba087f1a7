-- Notes that deliveries of a scan are to be planned, once more if they were. ARGV: scan.
call('ZADD', P .. 'unplanned', call('INCR', P .. 'seq'), ARGV[2])
return 1
