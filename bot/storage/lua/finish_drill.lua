-- End the newest drill of a person at an exchange. Needs drills.lua before it.
--
-- KEYS[1] keys.DRILL_DAYS
-- ARGV exchange, person, time in microseconds or '' for this server's, microseconds that a drill stays open,
--      outcome, fewest microseconds that it takes
-- Returns {what became of it; the time; the drill as it is stored, '' where there is none}.
--
-- Example: 'arrived' 11 min after the request returns 'finished', again an hour later 'finished' with the same times;
-- 'refused' then returns 'over'. Without a request it is 'none', 3 s after it 'too soon'.

local exchange, person, now, outcome = ARGV[1], ARGV[2], time_us(ARGV[3]), ARGV[5]
local drill = newest_drill(exchange, person, now, tonumber(ARGV[4]))
if not drill then return {'none', whole(now), ''} end
if drill.outcome ~= '-' then return {drill.outcome == outcome and 'finished' or 'over', whole(now), drill.value} end
if now - drill.requested < tonumber(ARGV[6]) then return {'too soon', whole(now), drill.value} end
local value = whole(drill.requested) .. ' ' .. whole(now) .. ' ' .. outcome .. ' ' .. drill.rest
redis.call('HSET', drill.key, person, value)
return {'finished', whole(now), value}
