-- Keep one reading, unless it is known, a repetition of the one before it, or too old.
-- KEYS[1] <exchange>:detail   ARGV exchange's other set, as_of, start of its UTC day, start of the next one,
--                             size of the header, spans of both sets (all microseconds), the reading
-- Returns 1 when it was kept.

local detail, days, as_of, blob, header = KEYS[1], ARGV[1], ARGV[2], ARGV[8], tonumber(ARGV[5])

local function count_at(key) return redis.call('ZCOUNT', key, as_of, as_of) end
if count_at(detail) > 0 or count_at(days) > 0 then return 0 end

local function before(key) return redis.call('ZREVRANGEBYSCORE', key, as_of, '-inf', 'WITHSCORES', 'LIMIT', 0, 1) end
local near, far = before(detail), before(days)
local previous = (not far[1] or (near[1] and tonumber(near[2]) >= tonumber(far[2]))) and near[1] or far[1]
if previous and string.sub(previous, header + 1) == string.sub(blob, header + 1) then return 0 end

local last = redis.call('ZREVRANGE', detail, 0, 0, 'WITHSCORES')[2] or as_of
local newest = math.max(tonumber(last), tonumber(as_of))
local function oldest(span) return string.format('%.0f', newest - tonumber(span)) end
local kept = 0
if tonumber(as_of) >= newest - tonumber(ARGV[6]) then
  redis.call('ZADD', detail, as_of, blob)
  kept = 1
end
local first = redis.call('ZRANGEBYSCORE', days, ARGV[3], '(' .. ARGV[4], 'WITHSCORES', 'LIMIT', 0, 1)
if tonumber(as_of) >= newest - tonumber(ARGV[7]) and (not first[1] or tonumber(first[2]) > tonumber(as_of)) then
  if first[1] then redis.call('ZREM', days, first[1]) end
  redis.call('ZADD', days, as_of, blob)
  kept = 1
end
redis.call('ZREMRANGEBYSCORE', detail, '-inf', '(' .. oldest(ARGV[6]))
redis.call('ZREMRANGEBYSCORE', days, '-inf', '(' .. oldest(ARGV[7]))
return kept
