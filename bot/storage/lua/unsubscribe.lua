-- Forget subscriptions of a place, and what is wrong with it too when it is forgotten altogether. Needs places.lua
-- before it.
-- KEYS[1] {subs}:places   ARGV place, exchange or '*' or '' for everything, 'trouble' to forget that as well
-- Returns how many subscriptions there were.

local place, exchange = ARGV[1], ARGV[2]
local wishes = wishes_of(place)
local left = exchange == '' and {} or without(wishes, exchange)
for _, each in ipairs(exchange == '' and wishes or {exchange}) do
  drop_wish(each, place)
  if redis.call('EXISTS', '{subs}:to:' .. each) == 0 then redis.call('SREM', '{subs}:exchanges', each) end
end
keep_wishes(place, left)
if ARGV[3] == 'trouble' then
  redis.call('HDEL', '{subs}:trouble', place)
  redis.call('ZREM', '{subs}:disabled', place)
  redis.call('ZREM', '{subs}:visits:' .. string.match(place, '^%a+'), place)
end
return #wishes - #left
