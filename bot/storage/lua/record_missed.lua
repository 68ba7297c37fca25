-- Record what is not posted because its place is muted. Needs mutes.lua before it.
--
-- KEYS[1] keys.MUTE_ENDS
-- ARGV[1] msgpack {{place, incident, exchange, severity (1 watch … 4 critical)}, …}
-- ARGV[2] the present of a simulation ('' for this server's)
-- Returns for each 1, or 0 where the place is not muted any more: nothing was recorded.
--
-- Example: {'telegram:-100', 'INC-42:normal', 'binance', 3} while binance is muted there: keys.MISSED of telegram:-100
-- has INC-42:normal -> '3 binance', and the answer is {1}.

local now, recorded = store_time(ARGV[2]), {}
for i, missed in ipairs(cmsgpack.unpack(ARGV[1])) do
  local place, incident, exchange, severity = unpack(missed)
  recorded[i] = 0
  if is_muted(place, exchange, now) then
    recorded[i] = 1
    local key = KEY.missed .. place
    local known = tonumber(string.match(redis.call('HGET', key, incident) or '', '^%d') or 0)
    if severity > known then redis.call('HSET', key, incident, severity .. ' ' .. exchange) end
    local left = redis.call('TTL', KEY.mutes .. place) -- as long as the mutes themselves
    if redis.call('TTL', key) < left then redis.call('EXPIRE', key, left) end
  end
end
return recorded
