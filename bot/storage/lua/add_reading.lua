-- Keep one reading, unless it is known, a repetition of the one before it, or too old.
--
-- KEYS[1] keys.READINGS of an exchange
-- ARGV the exchange's keys.DAILY_READINGS, as_of, start of its UTC day, start of the next one, bytes of the header,
--      spans of both sets (all times microseconds), the reading
-- Returns 1 when it was kept, else 0.
--
-- Example: readings of 1 June 00:10, 01:10 and 02:10 come one by one; the third holds what the second held. The first
-- is kept in both sets, the second in keys.READINGS, the third in neither.

local detail, days, as_of, blob, header = KEYS[1], ARGV[1], ARGV[2], ARGV[8], tonumber(ARGV[5])
local day, next_day, detail_span, days_span = ARGV[3], ARGV[4], ARGV[6], ARGV[7]

local function count_at(key) return redis.call('ZCOUNT', key, as_of, as_of) end
if count_at(detail) > 0 or count_at(days) > 0 then return 0 end

-- The header is what differs in a repetition (its times); what follows are the holdings.
local function before(key) return redis.call('ZREVRANGEBYSCORE', key, as_of, '-inf', 'WITHSCORES', 'LIMIT', 0, 1) end
local near, far = before(detail), before(days)
local previous = (not far[1] or (near[1] and tonumber(near[2]) >= tonumber(far[2]))) and near[1] or far[1]
if previous and string.sub(previous, header + 1) == string.sub(blob, header + 1) then return 0 end

-- Spans count back from the newest reading and not from the clock: a replay of 2022 keeps its data.
local last = redis.call('ZREVRANGE', detail, 0, 0, 'WITHSCORES')[2] or as_of
local newest = math.max(tonumber(last), tonumber(as_of))
local function oldest(span) return string.format('%.0f', newest - tonumber(span)) end
local kept = 0
if tonumber(as_of) >= newest - tonumber(detail_span) then
  redis.call('ZADD', detail, as_of, blob)
  kept = 1
end
-- Of each day the first reading is kept for long; an older one of the same day that comes late takes its place.
local first = redis.call('ZRANGEBYSCORE', days, day, '(' .. next_day, 'WITHSCORES', 'LIMIT', 0, 1)
if tonumber(as_of) >= newest - tonumber(days_span) and (not first[1] or tonumber(first[2]) > tonumber(as_of)) then
  if first[1] then redis.call('ZREM', days, first[1]) end
  redis.call('ZADD', days, as_of, blob)
  kept = 1
end
redis.call('ZREMRANGEBYSCORE', detail, '-inf', '(' .. oldest(detail_span))
redis.call('ZREMRANGEBYSCORE', days, '-inf', '(' .. oldest(days_span))
return kept
