-- From layout 2 to 3: count the presets of the subscriptions to one exchange, or to all of them.
-- Needs subscription_indexes.lua before it.
--
-- KEYS[1] keys.PLACES   ARGV exchange or '*'
-- Returns nothing. It counts anew each time, so that it may run twice.
--
-- Example: ARGV 'binance', of which two subscriptions say `early` and one says nothing: {early = 2, normal = 1}.

local exchange = ARGV[1]
redis.call('DEL', KEY.preset_counts .. exchange)
for _, subscription in ipairs(redis.call('HVALS', KEY.subscribers .. exchange)) do
  count_preset(exchange, subscription, 1)
end
