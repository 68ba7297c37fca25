-- From layout 1 to 2, some hundred places at a time: what each subscribed to was a set of its own, and so were the places
-- of each chat, which took twice the memory. Needs places.lua before it.
-- KEYS[1] {subs}:places
-- Returns how many places are left.

local old = '{subs}:places:1'
if redis.call('TYPE', KEYS[1]).ok == 'set' then redis.call('RENAME', KEYS[1], old) end
for _, place in ipairs(redis.call('SRANDMEMBER', old, 500)) do
  keep_wishes(place, redis.call('SMEMBERS', '{subs}:place:' .. place))
  redis.call('DEL', '{subs}:place:' .. place, '{subs}:chat:' .. chat_of(place))
  redis.call('SREM', old, place)
end
return redis.call('SCARD', old)
