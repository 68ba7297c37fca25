-- Shared by the scripts of the subscriptions: a subscription stands in several indexes, which change together.
--
-- keys.SUBSCRIBERS of an exchange     who hears of it: place -> subscription (JSON)
-- keys.PRESET_COUNTS of an exchange   preset -> how many of those have it: which presets have to be judged at all
-- keys.PLACES                         what a place hears of: exchanges or '*', one a line
-- keys.TOPICS of a chat               its topics that have a subscription, for what is done to the whole chat
--
-- Example: telegram:-100/7 subscribes to binance with the preset `early`. keys.SUBSCRIBERS of binance gets the place,
-- its
-- keys.PRESET_COUNTS {early = 1}, keys.PLACES telegram:-100/7 -> 'binance', keys.TOPICS of telegram:-100 the place.

local function chat_of(place) return string.match(place, '^[^/]+') end

local function exchanges_of(place)
  local exchanges = {}
  for exchange in string.gmatch(redis.call('HGET', KEY.places, place) or '', '[^\n]+') do
    exchanges[#exchanges + 1] = exchange
  end
  return exchanges
end

-- Store to what a place has subscribed; with none it goes from both indexes.
local function keep_exchanges(place, exchanges)
  local chat = chat_of(place)
  if #exchanges > 0 then
    redis.call('HSET', KEY.places, place, table.concat(exchanges, '\n'))
    if chat ~= place then redis.call('SADD', KEY.topics .. chat, place) end
  else
    redis.call('HDEL', KEY.places, place)
    if chat ~= place then redis.call('SREM', KEY.topics .. chat, place) end
  end
end

local function without(exchanges, removed)
  local left = {}
  for _, exchange in ipairs(exchanges) do
    if exchange ~= removed then left[#left + 1] = exchange end
  end
  return left
end

-- Count a subscription in (by = 1) or out (by = -1). JSON leaves the usual preset out, so none means `normal`.
local function count_preset(exchange, subscription, by)
  local key = KEY.preset_counts .. exchange
  local preset = string.match(subscription, '"sensitivity":"(%a+)"') or 'normal' -- in a title the quotes are escaped
  if redis.call('HINCRBY', key, preset, by) == 0 then redis.call('HDEL', key, preset) end
end

local function remove_subscription(exchange, place)
  local subscribers = KEY.subscribers .. exchange
  local subscription = redis.call('HGET', subscribers, place)
  if not subscription then return end
  redis.call('HDEL', subscribers, place)
  count_preset(exchange, subscription, -1)
end

local function keep_subscription(exchange, place, subscription)
  remove_subscription(exchange, place) -- the one that it replaces may have had another preset
  redis.call('HSET', KEY.subscribers .. exchange, place, subscription)
  count_preset(exchange, subscription, 1)
end
