-- Targets with any finding, in order; decided plans must be written first.
local unfinished = call('SMEMBERS', P .. 'unfinished')
if #unfinished > 0 then return { 'unfinished', unfinished } end
return { 'targets', call('ZRANGEBYLEX', P .. 'targets', '-', '+') }
