-- End mutes of a place now. Needs mutes.lua before it.
--
-- KEYS[1] keys.MUTE_ENDS
-- ARGV place, exchange or '*' or '' for everything, the present of a simulation ('' for this server's)
-- Returns {how many incidents were missed and are told now, {exchange, mute as it was stored, …}}.
--
-- Example: binance is muted in telegram:-100, and INC-42 was missed. ARGV 'telegram:-100', 'binance', '' returns
-- {1, {'binance', '1768068000000000 …'}}; the mute is over, and is told of like one whose time has come.

local place, asked, now = ARGV[1], ARGV[2], store_time(ARGV[3])
local key, lifted = KEY.mutes .. place, {}
local fields = asked == '' and redis.call('HKEYS', key) or {asked}
for _, exchange in ipairs(fields) do
  local value = redis.call('HGET', key, exchange)
  if lasts(value, now) then
    lifted[#lifted + 1] = exchange
    lifted[#lifted + 1] = value
    redis.call('HSET', key, exchange, (string.gsub(value, '^%d+', now)))
    redis.call('ZADD', KEYS[1], now, place .. ' ' .. exchange)
    redis.call('SREM', KEY.mutes_until_worse, place .. ' ' .. exchange)
  end
end
local missed = 0
if #lifted > 0 then
  for _, value in ipairs(redis.call('HVALS', KEY.missed .. place)) do
    local exchange = string.match(value, '^%d (.+)$')
    if exchange and not is_muted(place, exchange, now) then missed = missed + 1 end
  end
end
return {missed, lifted}
