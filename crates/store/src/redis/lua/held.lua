-- Only while another row is of one version. ARGV 7 to 9: its table, its id, its version.
if call('HGET', P .. ARGV[7] .. ':versions', ARGV[8]) ~= ARGV[9] then return 0 end
