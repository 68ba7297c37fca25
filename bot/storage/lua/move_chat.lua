-- Give everything a chat owns, its topics included, to its new address. What the new one has already stays as it is.
-- Needs subscription_indexes.lua, settings_indexes.lua and mutes.lua before it.
--
-- KEYS[1] keys.PLACES   ARGV old chat, new chat (`platform:chat`)
-- Returns nothing.
--
-- Example: the group telegram:-5 becomes the supergroup telegram:-1005. ARGV 'telegram:-5', 'telegram:-1005': what
-- telegram:-5/7 subscribed to is now telegram:-1005/7's, and for 30 days a delivery to the old address finds the new
-- one.

local from, to = ARGV[1], ARGV[2]
if from == to then return end
local places = redis.call('SMEMBERS', KEY.topics .. from)
places[#places + 1] = from
for _, place in ipairs(places) do
  local moved = to .. string.sub(place, #from + 1) -- the topic stays
  local exchanges = exchanges_of(moved)
  for _, exchange in ipairs(exchanges_of(place)) do
    local subscribers = KEY.subscribers .. exchange
    if redis.call('HEXISTS', subscribers, moved) == 0 then
      keep_subscription(exchange, moved, redis.call('HGET', subscribers, place))
    end
    remove_subscription(exchange, place)
    exchanges = without(exchanges, exchange)
    exchanges[#exchanges + 1] = exchange
  end
  move_mutes(place, moved)
  keep_exchanges(place, {})
  keep_exchanges(moved, exchanges)
  -- What was wrong was wrong with the old address, or with all of the old chat ('/*').
  redis.call('HDEL', KEY.trouble, place, from .. '/*')
  redis.call('ZREM', KEY.disabled, place, from .. '/*')
  redis.call('ZREM', KEY.recovery_checks .. string.match(from, '^%a+'), place, from .. '/*')
end
local with_settings = redis.call('SMEMBERS', KEY.settings_topics .. from)
with_settings[#with_settings + 1] = from
for _, place in ipairs(places) do with_settings[#with_settings + 1] = place end -- moved once, then it has none
for _, place in ipairs(with_settings) do move_settings(place, to .. string.sub(place, #from + 1)) end
redis.call('SET', KEY.new_address .. from, to, 'EX', LIFETIME_S.new_address) -- for what is on its way there
redis.call('DEL', KEY.new_address .. to) -- a chat that moves back and forth does not lead in a circle
