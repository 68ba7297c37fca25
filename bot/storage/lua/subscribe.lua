-- Keep one subscription, replacing the place's earlier one for the same exchange. Needs subscription_indexes.lua before
-- it.
--
-- KEYS[1] keys.PLACES   ARGV place, exchange or '*', subscription (JSON), most that a place may have
-- Returns 1, or 0 when the place has as many as it may: then nothing was changed.
--
-- Example: ARGV 'telegram:7', 'binance', '{"sensitivity":"early"}', 100 returns 1.

local place, exchange, subscription, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local exchanges = without(exchanges_of(place), exchange) -- to replace one is always possible
if #exchanges >= most then return 0 end
exchanges[#exchanges + 1] = exchange
keep_subscription(exchange, place, subscription)
keep_exchanges(place, exchanges)
if exchange ~= '*' then redis.call('SADD', KEY.subscribed_exchanges, exchange) end
return 1
