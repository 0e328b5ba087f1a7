-- What is known of a target. ARGV: target, how many findings to send along at most.
local F = P .. 'findings:' .. ARGV[2]
local t = call('HMGET', P .. 'target:' .. ARGV[2], 'version', 'head', 'applying')
if t[3] then return { 'applying' } end
local count = call('HLEN', F)
local findings = count > 0 and count <= tonumber(ARGV[3]) and call('HVALS', F) or {}
return { 'target', t[1] or '0', t[2] or false, count, findings }
