-- Put the revised points of an exchange's history in the place of what is stored, all in one step, and keep what stood
-- there before.
--
-- A revised point supersedes the reading of its time, and every reading less than a day from it that the source does
-- not tell any more: those are our own record of the wrong time. Of each time what was first seen is kept.
--
-- KEYS[1] keys.READINGS of an exchange
-- ARGV the exchange's keys.DAILY_READINGS, keys.SUPERSEDED_READINGS and keys.REVISED_DAYS, bytes of the header, spans of
--      the first two sets, a day, the time of the body's newest reading, the present (all times microseconds), then for
--      every point, oldest first: 1 where it is revised and 0 where it stands, as_of, start of its UTC day, start of the
--      next one, the reading
-- Returns how many readings were superseded. Carried out twice, it changes nothing more.
--
-- Example: midnights of 1 to 4 June are stored and a reading for every hour; the source tells 2 and 3 June differently.
-- Both are replaced, the hours after 1 June 00:00 and before 4 June 00:00 are taken out: 2 + 3 * 23 = 71.

local days, superseded, revised_days = ARGV[1], ARGV[2], ARGV[3]
local sets = { detail = KEYS[1], days = days, header = tonumber(ARGV[4]), detail_span = ARGV[5], days_span = ARGV[6] }
local day_us, told_until, now = tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9]
local FIRST, FIELDS = 10, 5

local told = {}  -- as_of → the reading that is to be there
for i = FIRST, #ARGV, FIELDS do told[tonumber(ARGV[i + 1])] = ARGV[i + 4] end
local function holdings(blob) return string.sub(blob, sets.header + 1) end

local count = 0
local function supersede(blob, as_of)
  -- Both sets may have it; the source may have revised the same time before.
  if redis.call('ZREM', sets.detail, blob) + redis.call('ZREM', days, blob) == 0 then return end
  if redis.call('ZCOUNT', superseded, as_of, as_of) == 0 then redis.call('ZADD', superseded, as_of, blob) end
  count = count + 1
end

local function beyond(moment_us) return string.format('(%.0f', moment_us) end
local function supersede_around(point_us)
  local from, to = beyond(point_us - day_us), beyond(math.min(point_us + day_us, told_until))
  for _, key in ipairs({ sets.detail, days }) do
    local stored = redis.call('ZRANGEBYSCORE', key, from, to, 'WITHSCORES')
    for i = 1, #stored, 2 do
      local as_of = tonumber(stored[i + 1])
      local is_kept = told[as_of] and (as_of ~= point_us or holdings(told[as_of]) == holdings(stored[i]))
      if not is_kept then supersede(stored[i], stored[i + 1]) end
    end
  end
end

local function is_stored(as_of, blob)
  for _, key in ipairs({ sets.detail, days }) do
    local stored = redis.call('ZRANGEBYSCORE', key, as_of, as_of)[1]
    if stored and holdings(stored) == holdings(blob) then return true end
  end
  return false
end

for i = FIRST, #ARGV, FIELDS do
  if ARGV[i] == '1' then
    if not is_stored(ARGV[i + 1], ARGV[i + 4]) then redis.call('HSET', revised_days, ARGV[i + 1], now) end
    supersede_around(tonumber(ARGV[i + 1]))
  end
end
-- What stands is kept again: it was left out where it repeated a reading that is now superseded.
for i = FIRST, #ARGV, FIELDS do keep_reading(sets, ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]) end

redis.call('ZREMRANGEBYSCORE', superseded, '-inf', beyond(told_until - tonumber(sets.days_span)))
redis.call('EXPIRE', superseded, LIFETIME_S.superseded_readings)
redis.call('EXPIRE', revised_days, LIFETIME_S.revised_days)
return count
