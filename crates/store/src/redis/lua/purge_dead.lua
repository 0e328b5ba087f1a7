-- Counts or removes dead letters that died last before a time, the oldest first.
-- ARGV: lock ('' for none), its token, 'count' or 'remove', time in ms, so many to skip, how many (at most 1,000).
-- Answers how many were handled, and how many wait.
if ARGV[2] ~= '' and not lock_holds(ARGV[2], ARGV[3], now()) then return { 0, 0 } end
local handled, waiting = 0, 0
for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'deads', '-inf', '(' .. ARGV[5], 'LIMIT', ARGV[6], ARGV[7])) do
  if call('HGET', P .. 'dead:' .. id, 'status') == 'waiting' then waiting = waiting + 1 else handled = handled + 1 end
  if ARGV[4] == 'remove' then
    call('UNLINK', P .. 'dead:' .. id)
    call('ZREM', P .. 'deads', id)
  end
end
return { handled, waiting }
