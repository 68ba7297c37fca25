-- Return the newest reading at or before each of some moments.
--
-- KEYS[1] keys.READINGS of an exchange   ARGV[1] its keys.DAILY_READINGS; then the moments, in microseconds
-- Returns for each moment {from KEYS[1] or '', from the daily ones or ''}, the latter only where the former has none.
--
-- Example: with a reading a day until 1 June and one an hour since, ARGV …, 2 June 00:30, 20 May 12:00:
-- {{that of 2 June 00:10, ''}, {'', that of 20 May 00:10}}.

local function newest(key, moment)
  return redis.call('ZREVRANGEBYSCORE', key, moment, '-inf', 'LIMIT', 0, 1)[1] or ''
end

local found = {}
for i = 2, #ARGV do
  local recent = newest(KEYS[1], ARGV[i])
  found[#found + 1] = {recent, recent == '' and newest(ARGV[1], ARGV[i]) or ''}
end
return found
