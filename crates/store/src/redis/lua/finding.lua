-- A finding by its fingerprint. ARGV: fingerprint.
local target = call('HGET', P .. 'index', ARGV[2])
if not target then
  if call('SCARD', P .. 'unfinished') > 0 then return { 'unfinished', call('SMEMBERS', P .. 'unfinished') } end
  return { 'none' }
end
if call('HEXISTS', P .. 'target:' .. target, 'applying') == 1 then return { 'unfinished', { target } } end
return { 'finding', call('HGET', P .. 'findings:' .. target, ARGV[2]) }
