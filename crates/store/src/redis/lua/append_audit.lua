-- Writes records at the end of a segment, all of them or none.
-- ARGV: segment, place of the first, records.
local S, first = P .. 'audit:' .. ARGV[2], tonumber(ARGV[3])
local there = call('LLEN', S)
if first > there then return { 'gap', there } end
local new = {}
for i = 4, #ARGV do
  local place = first + i - 4
  if place >= there then
    new[#new + 1] = ARGV[i]
  elseif call('LINDEX', S, place) ~= ARGV[i] then
    return { 'gap', there }
  end
end
if #new > 0 then
  call('RPUSH', S, unpack(new))
  call('SADD', P .. 'audits', ARGV[2])
end
return { 'done' }
