-- Claims what the window allows while a lock is held. ARGV: scan, lock, its token.
local at = now()
if not lock_holds(ARGV[3], ARGV[4], at) then return {} end
return claim(ARGV[2], at, 0)
