-- Give a worker the next turns of a bot that all its workers share (GCRA with a burst of one). Needs pace.lua before it.
-- KEYS[1] {pace}:<platform>   ARGV gap between turns at full pace, turns wanted, how late a turn may be used
-- Returns {until the first turn, gap between them, {chat, pause left, ...}}, all microseconds; the first may be negative.

local gap, wanted, slack = tonumber(ARGV[1]) / part(), tonumber(ARGV[2]), tonumber(ARGV[3])
local first = known('next', 0)
if first < now - slack then first = now end
first = math.max(first, known('till', 0))
keep('next', written(first + wanted * gap))

redis.call('ZREMRANGEBYSCORE', paused, '-inf', written(now))
local found = redis.call('ZRANGE', paused, 0, 199, 'WITHSCORES')
for i = 2, #found, 2 do found[i] = tonumber(found[i]) - now end
return {first - now, gap, found}
