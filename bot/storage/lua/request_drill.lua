-- Begin a drill: one per person, exchange and UTC day, and one at a time. Needs drills.lua before it.
--
-- KEYS[1] keys.DRILL_DAYS
-- ARGV exchange, person, time in microseconds or '' for this server's, microseconds that a drill stays open,
--      community, asset, network ('-' for none), most drills that an exchange may have on a day
-- Returns {what became of it; the time; the drill as it is stored, '' where there is none}.
--
-- Example: {'started', '1670932800000000', '1670932800000000 0 - 07b1… USDT TRON'}; the same again returns 'under way'
-- with that drill, after its end and on the same day 'had one'.

local exchange, person, now, span = ARGV[1], ARGV[2], time_us(ARGV[3]), tonumber(ARGV[4])
local today = day_of(now)
local drill = newest_drill(exchange, person, now, span)
if drill and drill.outcome == '-' then return {'under way', whole(now), drill.value} end
if drill and drill.day == today then return {'had one', whole(now), drill.value} end
local key = KEY.drills(exchange, whole(today))
local number = redis.call('HLEN', key)
if number >= tonumber(ARGV[8]) then return {'full', whole(now), ''} end
local value = whole(now) .. ' 0 - ' .. ARGV[5] .. ' ' .. ARGV[6] .. ' ' .. ARGV[7]
redis.call('HSET', key, person, value)
-- From the first drill of the day on, so that nobody's stays longer because others came later.
if number == 0 then redis.call('EXPIRE', key, LIFETIME_S.drills) end
redis.call('ZADD', KEYS[1], today, exchange .. ':' .. whole(today))
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. whole(today - LIFETIME_S.drills / 86400))
redis.call('EXPIRE', KEYS[1], LIFETIME_S.drill_days)
return {'started', whole(now), value}
