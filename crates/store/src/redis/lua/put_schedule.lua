-- Writes a schedule's state unless its version moved. ARGV: name, version, state. Answers with the new version, or 0.
local new = move_on(ARGV[2], ARGV[3], ARGV[4])
if not new then return 0 end
-- Not counted: after lost time the same count could stand for other changes.
call('SET', P .. 'schedule_changes', int(new))
return new
