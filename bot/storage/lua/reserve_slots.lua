-- Give a worker the next slots to send, out of the rate limit that all workers share: the generic cell rate algorithm
-- with a burst of one (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). Needs rate_limit.lua before it.
--
-- KEYS[1] keys.RATE_LIMIT of the platform
-- ARGV microseconds between slots at the full rate, slots wanted, by how many microseconds a slot may be used late
-- Returns {until the first slot, between slots, {chat, pause left, ...}}, all microseconds; the first may be negative:
--         a slot that is used late.
--
-- Example: 28 a second, nobody sent for a while. ARGV 35714, 3, 35000 returns {0, 35714, {}}: now, in 36 ms, in 71 ms.
-- The next worker that asks at once gets {107142, 35714, {}}.

local MOST_CHATS = 200 -- paused chats in one answer, those whose pause ends first

local gap, wanted, may_be_late = tonumber(ARGV[1]) / share(), tonumber(ARGV[2]), tonumber(ARGV[3])
local first = stored('next', 0)
if first < now - may_be_late then first = now end -- slots that nobody used do not add up to a burst
first = math.max(first, stored('till', 0))
store('next', as_text(first + wanted * gap))

redis.call('ZREMRANGEBYSCORE', paused_chats, '-inf', as_text(now))
local pauses = redis.call('ZRANGE', paused_chats, 0, MOST_CHATS - 1, 'WITHSCORES')
for i = 2, #pauses, 2 do pauses[i] = tonumber(pauses[i]) - now end
return {first - now, gap, pauses}
