-- Return the disabled places to be looked after now, and put their next visit off.
-- KEYS[1] {subs}:visits:<platform>   ARGV now, the next visit, how many at most
-- Returns pairs: what is wrong with a place (JSON), and 1 when nobody has looked after it yet, else 0.

local found = {}
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[3])
for each = 1, #due, 2 do
  redis.call('ZADD', KEYS[1], ARGV[2], due[each])
  found[#found + 1] = redis.call('HGET', '{subs}:trouble', due[each])
  found[#found + 1] = due[each + 1] == '0' and 1 or 0
end
return found
