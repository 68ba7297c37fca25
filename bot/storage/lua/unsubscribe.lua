-- Forget subscriptions of a place, and what is wrong with it too when it is forgotten altogether.
-- Needs subscription_indexes.lua, settings_indexes.lua and mutes.lua before it.
--
-- KEYS[1] keys.PLACES   ARGV place, exchange or '*' or '' for everything, 'trouble' to forget that as well
-- Returns how many subscriptions there were.
--
-- Example: a place subscribed to binance and to '*'. ARGV 'telegram:7', 'binance', '' returns 1, and '*' stays.

local place, exchange = ARGV[1], ARGV[2]
local exchanges = exchanges_of(place)
local left = exchange == '' and {} or without(exchanges, exchange)
for _, removed in ipairs(exchange == '' and exchanges or {exchange}) do
  remove_subscription(removed, place)
  -- Redis removes a hash with its last field, so a key that is gone means that nobody is left.
  if redis.call('EXISTS', KEY.subscribers .. removed) == 0 then
    redis.call('SREM', KEY.subscribed_exchanges, removed)
  end
end
keep_exchanges(place, left)
if ARGV[3] == 'trouble' then
  redis.call('HDEL', KEY.trouble, place)
  redis.call('ZREM', KEY.disabled, place)
  forget_settings(place)
  forget_mutes(place)
  redis.call('ZREM', KEY.recovery_checks .. string.match(place, '^%a+'), place)
end
return #exchanges - #left
