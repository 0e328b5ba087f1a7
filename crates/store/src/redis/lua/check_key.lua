-- The key findings were made with; the first one ever is kept. ARGV: key id.
call('SET', P .. 'key', ARGV[2], 'NX')
return call('GET', P .. 'key')
