-- Return the disabled places that are to be checked now, and make their next check later: two workers that ask at once
-- do not check the same place.
--
-- KEYS[1] keys.RECOVERY_CHECKS of a platform   ARGV now, the next check (microseconds), how many at most
-- Returns pairs: what is wrong with a place (JSON), and 1 when nobody has tried it yet, else 0.
--
-- Example: one place was disabled a minute ago (score 0) and another is due since noon: {its trouble, 1, that one's,
-- 0}.

local checks = {}
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[3])
for i = 1, #due, 2 do
  local place, score = due[i], due[i + 1]
  redis.call('ZADD', KEYS[1], ARGV[2], place)
  checks[#checks + 1] = redis.call('HGET', KEY.trouble, place)
  checks[#checks + 1] = score == '0' and 1 or 0
end
return checks
