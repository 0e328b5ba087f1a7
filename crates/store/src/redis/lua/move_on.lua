
-- Writes the next version of a schedule unless another one stands; answers with it, or nil.
local function move_on(name, version, state)
  local old = call('HGET', P .. 'schedules', name)
  local stands = old and string.match(old, '^%d+') or '0'
  if stands ~= version then return nil end
  local new = version_after(version)
  call('HSET', P .. 'schedules', name, int(new) .. '\n' .. state)
  return new
end
