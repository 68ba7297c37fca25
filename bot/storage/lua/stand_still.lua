-- Let nobody write for a while. Needs pace.lua before it.
-- KEYS[1] {pace}:<platform>   ARGV pause (microseconds), why

local till = now + tonumber(ARGV[1])
if till > known('till', 0) then keep('till', written(till), 'why', ARGV[2]) end
