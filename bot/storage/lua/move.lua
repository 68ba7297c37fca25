-- Give everything a chat owns, its topics included, to a new address. What the new one has already stays as it is. Needs
-- places.lua before it.
-- KEYS[1] {subs}:places   ARGV old chat, new chat (`platform:chat`)

local from, to = ARGV[1], ARGV[2]
if from == to then return end
local places = redis.call('SMEMBERS', '{subs}:topics:' .. from)
places[#places + 1] = from
for _, place in ipairs(places) do
  local moved = to .. string.sub(place, #from + 1) -- the topic stays
  local wishes = wishes_of(moved)
  for _, exchange in ipairs(wishes_of(place)) do
    local list = '{subs}:to:' .. exchange
    if redis.call('HEXISTS', list, moved) == 0 then keep_wish(exchange, moved, redis.call('HGET', list, place)) end
    drop_wish(exchange, place)
    wishes = without(wishes, exchange)
    wishes[#wishes + 1] = exchange
  end
  keep_wishes(place, {})
  keep_wishes(moved, wishes)
  redis.call('HDEL', '{subs}:trouble', place, from .. '/*') -- it was about the old address
  redis.call('ZREM', '{subs}:disabled', place, from .. '/*')
  redis.call('ZREM', '{subs}:visits:' .. string.match(from, '^%a+'), place, from .. '/*')
end
redis.call('SET', '{subs}:moved:' .. from, to, 'EX', 30 * 86400) -- for what is on its way there
redis.call('DEL', '{subs}:moved:' .. to)
