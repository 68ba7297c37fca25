-- From layout 1 to 2, some hundred places at a time: what each place subscribed to was a set of its own, and so were
-- the places of each chat, which took twice the memory. Needs subscription_indexes.lua before it.
--
-- KEYS[1] keys.PLACES, in layout 1 a set
-- Returns how many places are left; call again until it is 0.
--
-- Example: 1,200 places: 700, 200, 0. After that a call finds nothing to do and returns 0.

local AT_A_TIME = 500

-- The name is needed for the hash, so the set gets another one first.
if redis.call('TYPE', KEYS[1]).ok == 'set' then redis.call('RENAME', KEYS[1], KEY.layout_1_places) end
for _, place in ipairs(redis.call('SRANDMEMBER', KEY.layout_1_places, AT_A_TIME)) do
  keep_exchanges(place, redis.call('SMEMBERS', KEY.layout_1_exchanges .. place))
  redis.call('DEL', KEY.layout_1_exchanges .. place, KEY.layout_1_chat .. chat_of(place))
  redis.call('SREM', KEY.layout_1_places, place)
end
return redis.call('SCARD', KEY.layout_1_places)
