-- Write what an import changes in one place: subscriptions, settings and mutes, all of it in one step.
-- Needs subscription_indexes.lua, settings_indexes.lua and mutes.lua before it.
--
-- KEYS[1] keys.PLACES
-- ARGV[1] msgpack {place = …, most = how many subscriptions a place may have, now = the present of a simulation or '',
--         subscriptions = {exchange or '*', JSON, …}, mutes = {exchange or '*', until, id of a new one, JSON, …},
--         settings = {} or {JSON or '', notices 'on' or 'off', drills 'on' or 'off', next digest, '' or '=' as for
--         change_settings.lua, most changes to keep, changes (JSON) …}}; times in microseconds
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

if #settings > 0 then
  if settings[1] == '' then
    redis.call('HDEL', KEY.place_settings, place)
  else
    redis.call('HSET', KEY.place_settings, place, settings[1])
  end
  redis.call(settings[2] == 'off' and 'SADD' or 'SREM', KEY.notices_off, place)
  redis.call(settings[3] == 'off' and 'SADD' or 'SREM', KEY.drills_off, place)
  if settings[4] == '' then
    redis.call('ZREM', KEY.digests, place)
  elseif settings[4] ~= '=' then
    redis.call('ZADD', KEY.digests, settings[4], place)
  end
  index_settings(place)
  local log = KEY.setting_changes .. place
  for index = 6, #settings do redis.call('LPUSH', log, settings[index]) end
  redis.call('LTRIM', log, 0, tonumber(settings[5]) - 1)
  redis.call('EXPIRE', log, LIFETIME_S.setting_changes)
end

local now = store_time(change.now)
for index = 1, #mutes, 4 do
  local exchange, ends, id, body = mutes[index], mutes[index + 1], mutes[index + 2], mutes[index + 3]
  local key, since, known = KEY.mutes .. place, now, redis.call('HGET', KEY.mutes .. place, mutes[index])
  if lasts(known, now) then
    local _, known_since, known_id = string.match(known, '^(%d+) (%d+) (%S+) ')
    since, id = known_since or since, known_id or id
  end
  if tonumber(ends) > tonumber(now) then
    redis.call('HSET', key, exchange, table.concat({ends, since, id, body}, ' '))
    redis.call('ZADD', KEY.mute_ends, ends, place .. ' ' .. exchange)
    redis.call('SREM', KEY.mutes_until_worse, place .. ' ' .. exchange)
    for _, kept in ipairs({key, KEY.missed .. place, KEY.mute_ends, KEY.mutes_until_worse}) do
      keep_for(kept, tonumber(ends) - tonumber(now))
    end
  end
end
return 1
