-- Keep subscriptions of one place, replacing its earlier ones for the same exchanges. Needs subscription_indexes.lua
-- before it.
--
-- KEYS[1] keys.PLACES   ARGV place, most that a place may have, then for each: exchange or '*', subscription (JSON)
-- Returns 1, or 0 when the place would have more than it may: then nothing was changed.
--
-- Example: ARGV 'telegram:7', 100, 'binance', '{"sensitivity":"early"}', '*', '{}' returns 1.

local place, most = ARGV[1], tonumber(ARGV[2])
local exchanges = exchanges_of(place)
for index = 3, #ARGV, 2 do
  exchanges = without(exchanges, ARGV[index]) -- to replace one is always possible
  exchanges[#exchanges + 1] = ARGV[index]
end
if #exchanges > most then return 0 end
for index = 3, #ARGV, 2 do
  local exchange, subscription = ARGV[index], ARGV[index + 1]
  keep_subscription(exchange, place, subscription)
  if exchange ~= '*' then redis.call('SADD', KEY.subscribed_exchanges, exchange) end
end
keep_exchanges(place, exchanges)
return 1
