-- Write what an import changes in one place: subscriptions, settings and mutes, all of it in one step.
-- Needs subscription_indexes.lua, settings_indexes.lua and mutes.lua before it.
--
-- KEYS[1] keys.PLACES
-- ARGV[1] msgpack {place = …, most = how many subscriptions a place may have, now = the present of a simulation or '',
--         subscriptions = {exchange or '*', JSON, …}, mutes = {exchange or '*', until, id of a new one, JSON, …},
--         settings = {} or what is to be stored, as for store_settings}; times in microseconds
-- Returns 1, or 0 when the place would have more subscriptions than it may: then nothing was changed.
--
-- Example: {place = 'telegram:7', most = 100, now = '', subscriptions = {'binance', '{}'}, mutes = {}, settings = {}}
-- subscribes telegram:7 to binance and returns 1.

local change = cmsgpack.unpack(ARGV[1])
local place, subscriptions, settings, mutes = change.place, change.subscriptions, change.settings, change.mutes
local exchanges = exchanges_of(place)
for index = 1, #subscriptions, 2 do
  exchanges = without(exchanges, subscriptions[index])
  exchanges[#exchanges + 1] = subscriptions[index]
end
if #exchanges > change.most then return 0 end
for index = 1, #subscriptions, 2 do
  keep_subscription(subscriptions[index], place, subscriptions[index + 1])
  if subscriptions[index] ~= '*' then redis.call('SADD', KEY.subscribed_exchanges, subscriptions[index]) end
end
if #subscriptions > 0 then keep_exchanges(place, exchanges) end

if #settings > 0 then store_settings(place, settings, 1) end

local now = store_time(change.now)
for index = 1, #mutes, 4 do
  local exchange, ends, id, body = unpack(mutes, index, index + 3)
  if tonumber(ends) > tonumber(now) then keep_mute(place, exchange, ends, id, body, false, now) end
end
return 1
