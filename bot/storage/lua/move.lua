-- Give everything a chat owns, its topics included, to a new address. What the new one has already stays as it is.
-- KEYS[1] {subs}:places   ARGV old chat, new chat (`platform:chat`)

local from, to = ARGV[1], ARGV[2]
if from == to then return end
for _, place in ipairs(redis.call('SMEMBERS', '{subs}:chat:' .. from)) do
  local moved = to .. string.sub(place, #from + 1) -- the topic stays
  local own = '{subs}:place:' .. place
  for _, exchange in ipairs(redis.call('SMEMBERS', own)) do
    local list = '{subs}:to:' .. exchange
    redis.call('HSETNX', list, moved, redis.call('HGET', list, place))
    redis.call('HDEL', list, place)
    redis.call('SADD', '{subs}:place:' .. moved, exchange)
  end
  redis.call('DEL', own)
  redis.call('SREM', KEYS[1], place)
  redis.call('SADD', KEYS[1], moved)
  redis.call('SADD', '{subs}:chat:' .. to, moved)
  redis.call('HDEL', '{subs}:trouble', place, from .. '/*') -- it was about the old address
  redis.call('ZREM', '{subs}:disabled', place, from .. '/*')
  redis.call('ZREM', '{subs}:visits:' .. string.match(from, '^%a+'), place, from .. '/*')
end
redis.call('DEL', '{subs}:chat:' .. from)
redis.call('SET', '{subs}:moved:' .. from, to, 'EX', 30 * 86400) -- for what is on its way there
redis.call('DEL', '{subs}:moved:' .. to)
