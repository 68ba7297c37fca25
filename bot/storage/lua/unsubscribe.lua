-- Forget subscriptions of a place, and what is wrong with it too when it is forgotten altogether.
-- KEYS[1] {subs}:places   ARGV place, chat, exchange or '*' or '' for everything, 'trouble' to forget that as well
-- Returns how many subscriptions there were.

local place, chat, exchange = ARGV[1], ARGV[2], ARGV[3]
local own = '{subs}:place:' .. place
local count = 0
for _, each in ipairs(exchange == '' and redis.call('SMEMBERS', own) or {exchange}) do
  count = count + redis.call('HDEL', '{subs}:to:' .. each, place)
  redis.call('SREM', own, each)
  if redis.call('EXISTS', '{subs}:to:' .. each) == 0 then redis.call('SREM', '{subs}:exchanges', each) end
end
if redis.call('EXISTS', own) == 0 then
  redis.call('SREM', '{subs}:chat:' .. chat, place)
  redis.call('SREM', KEYS[1], place)
end
if ARGV[4] == 'trouble' then
  redis.call('HDEL', '{subs}:trouble', place)
  redis.call('ZREM', '{subs}:disabled', place)
  redis.call('ZREM', '{subs}:visits:' .. string.match(place, '^%a+'), place)
end
return count
