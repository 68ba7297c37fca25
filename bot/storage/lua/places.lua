-- What the scripts of the subscriptions share.
-- {subs}:places                  hash: place -> what it subscribed to, exchanges or '*', one a line
-- {subs}:topics:<platform:chat>  set: places that are topics of one chat

-- {subs}:to:<exchange|*>         hash: place -> subscription (JSON)
-- {subs}:presets:<exchange|*>    hash: preset -> how many of those have it

local function chat_of(place) return string.match(place, '^[^/]+') end

local function wishes_of(place)
  local found = {}
  for wish in string.gmatch(redis.call('HGET', '{subs}:places', place) or '', '[^\n]+') do found[#found + 1] = wish end
  return found
end

local function keep_wishes(place, wishes)
  local chat = chat_of(place)
  if #wishes > 0 then
    redis.call('HSET', '{subs}:places', place, table.concat(wishes, '\n'))
    if chat ~= place then redis.call('SADD', '{subs}:topics:' .. chat, place) end
  else
    redis.call('HDEL', '{subs}:places', place)
    if chat ~= place then redis.call('SREM', '{subs}:topics:' .. chat, place) end
  end
end

local function without(wishes, wish)
  local found = {}
  for _, each in ipairs(wishes) do
    if each ~= wish then found[#found + 1] = each end
  end
  return found
end

local function count_preset(exchange, subscription, by)
  local key = '{subs}:presets:' .. exchange
  local preset = string.match(subscription, '"sensitivity":"(%a+)"') or 'normal' -- in a title the quotes are escaped
  if redis.call('HINCRBY', key, preset, by) == 0 then redis.call('HDEL', key, preset) end
end

local function drop_wish(exchange, place)
  local list = '{subs}:to:' .. exchange
  local old = redis.call('HGET', list, place)
  if not old then return end
  redis.call('HDEL', list, place)
  count_preset(exchange, old, -1)
end

local function keep_wish(exchange, place, subscription)
  drop_wish(exchange, place)
  redis.call('HSET', '{subs}:to:' .. exchange, place, subscription)
  count_preset(exchange, subscription, 1)
end
