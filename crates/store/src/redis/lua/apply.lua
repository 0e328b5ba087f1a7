-- Writes the next chunk of a decided plan and moves on, both or neither: whoever calls, no chunk is written twice.
-- ARGV: target. Answers how many chunks are left.
local target = ARGV[2]
local T = P .. 'target:' .. target
local t = call('HMGET', T, 'applying', 'chunk', 'chunks')
if not t[1] then return 0 end
local chunk, chunks = number(t[2]), number(t[3])
local key = P .. 'plan:' .. t[1] .. ':' .. int(chunk)
local items = call('LRANGE', key, 0, -1)
local findings = 1 + 2 * number(items[1])
write(target, { unpack(items, 2, findings) }, { unpack(items, findings + 1) })
call('UNLINK', key)
if chunk + 1 < chunks then
  call('HSET', T, 'chunk', int(chunk + 1))
  return chunks - chunk - 1
end
call('HDEL', T, 'applying', 'chunk', 'chunks')
call('SREM', P .. 'unfinished', target)
return 0
