-- The store epoch: another one when another server process answers and what it answered before may be lost.
-- Sequences, tokens and versions given in the lost time are not given again: the counter moves ahead by more than there
-- can be.
-- Many processes agree: the first that meets the new server changes the epoch, the others find it changed.
-- ARGV: run_id of the server, 1 when nothing answered can be lost over a restart, a random epoch to use.
local E = P .. 'epoch'
local e = call('HMGET', E, 'id', 'run', 'safe')
local lost = e[2] ~= ARGV[2] and not (e[3] == '1' and ARGV[3] == '1')
local id = e[1]
if not id or lost then
  id = ARGV[4]
  call('INCRBY', P .. 'seq', 1000000)
end
if id ~= e[1] or e[2] ~= ARGV[2] or e[3] ~= ARGV[3] then
  call('HSET', E, 'id', id, 'run', ARGV[2], 'safe', ARGV[3])
end
return id
