-- The log after a position; decided plans must be written first. ARGV: position ('-' for the beginning), how many.
local unfinished = call('SMEMBERS', P .. 'unfinished')
if #unfinished > 0 then return { 'unfinished', unfinished } end
local from = ARGV[2] == '-' and '-' or '(' .. ARGV[2]
return { 'log', call('XRANGE', P .. 'log', from, '+', 'COUNT', ARGV[3]) }
