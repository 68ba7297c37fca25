-- Shared by the scripts of the mutes: how a mute is stored, and whether it lasts.
--
-- keys.MUTES of a place     exchange or '*' -> 'until since id JSON', times in microseconds
-- keys.MISSED of a place    incident -> 'severity exchange', the worst that was not posted, 1 watch … 4 critical
-- keys.MUTE_ENDS            'place exchange' -> until
-- keys.MUTES_UNTIL_WORSE    'place exchange' of those that wait until it gets worse
--
-- Example: telegram:-100 muted binance at 14:00 for four hours. keys.MUTES of telegram:-100 has binance ->
-- '1768068000000000 1768053600000000 8f3a {"by":"telegram:7"}', keys.MUTE_ENDS 'telegram:-100 binance' with that end.

local function store_time(given)
  if given ~= '' then return given end
  local time = redis.call('TIME')
  return string.format('%.0f', time[1] * 1000000 + time[2])
end

-- Say when a stored mute ends; 0 for what cannot be read, which is over then.
local function end_of(value) return tonumber(string.match(value or '', '^(%d+) ')) or 0 end

local function lasts(value, now) return end_of(value) > tonumber(now) end

-- Say whether anything about an exchange is muted in a place.
local function is_muted(place, exchange, now)
  local found = redis.call('HMGET', KEY.mutes .. place, exchange, '*')
  return lasts(found[1], now) or lasts(found[2], now)
end

-- What is kept of a place stays a week longer than its last mute: the service may be away when that ends.
local function keep_for(key, microseconds)
  local seconds = math.ceil(tonumber(microseconds) / 1000000) + 604800
  if redis.call('TTL', key) < seconds then redis.call('EXPIRE', key, seconds) end
end

-- Store a mute that ends later than now, and return it as it is stored. One that lasts keeps its id and since when it
-- is; one that is over is told of under its own, and what was missed under both at the new one's end at the latest.
local function keep_mute(place, exchange, ends, id, body, is_until_worse, now)
  local key, member = KEY.mutes .. place, place .. ' ' .. exchange
  local since, known = now, redis.call('HGET', key, exchange)
  if lasts(known, now) then
    local _, known_since, known_id = string.match(known, '^(%d+) (%d+) (%S+) ')
    since, id = known_since or since, known_id or id
  end
  local value = table.concat({ends, since, id, body}, ' ')
  redis.call('HSET', key, exchange, value)
  redis.call('ZADD', KEY.mute_ends, ends, member)
  redis.call(is_until_worse and 'SADD' or 'SREM', KEY.mutes_until_worse, member)
  for _, kept in ipairs({key, KEY.missed .. place, KEY.mute_ends, KEY.mutes_until_worse}) do
    keep_for(kept, tonumber(ends) - tonumber(now))
  end
  return value
end

local function forget_mute(place, exchange)
  redis.call('HDEL', KEY.mutes .. place, exchange)
  redis.call('ZREM', KEY.mute_ends, place .. ' ' .. exchange)
  redis.call('SREM', KEY.mutes_until_worse, place .. ' ' .. exchange)
end

-- Give what is muted in a place, and what it missed, to its new address. What that has already stays as it is.
local function move_mutes(from, to)
  for _, key in ipairs({KEY.mutes, KEY.missed}) do
    local kept = redis.call('HGETALL', key .. from)
    for i = 1, #kept, 2 do redis.call('HSETNX', key .. to, kept[i], kept[i + 1]) end
    if #kept > 0 and redis.call('TTL', key .. to) < redis.call('TTL', key .. from) then
      redis.call('EXPIRE', key .. to, redis.call('TTL', key .. from))
    end
    redis.call('DEL', key .. from)
    for i = 1, key == KEY.mutes and #kept or 0, 2 do
      local old, new = from .. ' ' .. kept[i], to .. ' ' .. kept[i]
      redis.call('ZADD', KEY.mute_ends, 'NX', redis.call('ZSCORE', KEY.mute_ends, old) or end_of(kept[i + 1]), new)
      redis.call('ZREM', KEY.mute_ends, old)
      -- Added before the old name goes: an empty set would be removed, and its time to live with it.
      if redis.call('SISMEMBER', KEY.mutes_until_worse, old) == 1 then
        redis.call('SADD', KEY.mutes_until_worse, new)
        redis.call('SREM', KEY.mutes_until_worse, old)
      end
    end
  end
end

local function forget_mutes(place)
  for _, exchange in ipairs(redis.call('HKEYS', KEY.mutes .. place)) do forget_mute(place, exchange) end
  redis.call('DEL', KEY.missed .. place)
end
