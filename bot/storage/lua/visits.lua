-- Return the disabled places to be looked after now, and put their next visit off; those that healed are left out.
-- KEYS[1] {subs}:visits:<platform>   ARGV now, the next visit, how many at most
-- Returns pairs: what is wrong with a place (JSON), and 1 when nobody has looked after it yet, else 0.

local found = {}
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[3])
for each = 1, #due, 2 do
  local place = due[each]
  local trouble = redis.call('HGET', '{subs}:trouble', place)
  if trouble and redis.call('ZSCORE', '{subs}:disabled', place) then
    redis.call('ZADD', KEYS[1], ARGV[2], place)
    found[#found + 1] = trouble
    found[#found + 1] = due[each + 1] == '0' and 1 or 0
  else
    redis.call('ZREM', KEYS[1], place)
  end
end
return found
