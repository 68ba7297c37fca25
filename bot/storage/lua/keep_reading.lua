-- Shared by the scripts that keep readings: a reading finds its place in the two sorted sets of an exchange.
--
-- Example: readings of 1 June 00:10, 01:10 and 02:10 come one by one; the third holds what the second held. The first
-- is kept in both sets, the second in keys.READINGS, the third in neither.

-- `sets` has the names of keys.READINGS (`detail`) and keys.DAILY_READINGS (`days`), their spans in microseconds
-- (`detail_span`, `days_span`) and the bytes of a reading's header (`header`). `as_of`, `day` (the start of its UTC day)
-- and `next_day` are microseconds. Returns 1 when the reading was kept, 0 when it is known, a repetition or too old.
local function keep_reading(sets, as_of, day, next_day, blob)
  local detail, days = sets.detail, sets.days
  local function count_at(key) return redis.call('ZCOUNT', key, as_of, as_of) end
  if count_at(detail) > 0 or count_at(days) > 0 then return 0 end

  -- The header is what differs in a repetition (its times); what follows are the holdings.
  local function before(key) return redis.call('ZREVRANGEBYSCORE', key, as_of, '-inf', 'WITHSCORES', 'LIMIT', 0, 1) end
  local near, far = before(detail), before(days)
  local previous = (not far[1] or (near[1] and tonumber(near[2]) >= tonumber(far[2]))) and near[1] or far[1]
  if previous and string.sub(previous, sets.header + 1) == string.sub(blob, sets.header + 1) then return 0 end

  -- Spans count back from the newest reading and not from the clock: a replay of 2022 keeps its data.
  local last = redis.call('ZREVRANGE', detail, 0, 0, 'WITHSCORES')[2] or as_of
  local newest = math.max(tonumber(last), tonumber(as_of))
  local function oldest(span) return string.format('%.0f', newest - tonumber(span)) end
  local kept = 0
  if tonumber(as_of) >= newest - tonumber(sets.detail_span) then
    redis.call('ZADD', detail, as_of, blob)
    kept = 1
  end
  -- Of each day the first reading is kept for long; an older one of the same day that comes late takes its place.
  local first = redis.call('ZRANGEBYSCORE', days, day, '(' .. next_day, 'WITHSCORES', 'LIMIT', 0, 1)
  if tonumber(as_of) >= newest - tonumber(sets.days_span) and (not first[1] or tonumber(first[2]) > tonumber(as_of)) then
    if first[1] then redis.call('ZREM', days, first[1]) end
    redis.call('ZADD', days, as_of, blob)
    kept = 1
  end
  redis.call('ZREMRANGEBYSCORE', detail, '-inf', '(' .. oldest(sets.detail_span))
  redis.call('ZREMRANGEBYSCORE', days, '-inf', '(' .. oldest(sets.days_span))
  return kept
end
