-- From layout 2 to 3: count the presets of the subscriptions to one exchange, or to all. Needs places.lua before it.
-- KEYS[1] {subs}:places   ARGV exchange or '*'

redis.call('DEL', '{subs}:presets:' .. ARGV[1])
for _, subscription in ipairs(redis.call('HVALS', '{subs}:to:' .. ARGV[1])) do count_preset(ARGV[1], subscription, 1) end
