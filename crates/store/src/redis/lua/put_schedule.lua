-- Writes a schedule's state unless its version moved. ARGV: name, version, state. Answers with the new version, or 0.
local new = move_on(ARGV[2], ARGV[3], ARGV[4])
if not new then return 0 end
call('INCR', P .. 'schedule_changes')
return new
