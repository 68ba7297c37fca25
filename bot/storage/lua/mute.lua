-- Mute an exchange in a place, or change when its mute ends. Needs mutes.lua before it.
--
-- KEYS[1] keys.MUTE_ENDS
-- ARGV place, exchange or '*', length (microseconds), id of a new mute, who and what it waits for (JSON), '1' when it
--      waits until it gets worse, the present of a simulation ('' for this server's)
-- Returns the mute as it is stored.
--
-- Example: telegram:-100 muted binance two hours ago for four, and for twenty-four now: ARGV 'telegram:-100',
-- 'binance', '86400000000', …. Its mute keeps its id and when it began, and ends in a day.

local place, exchange, length, id, body = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local now = store_time(ARGV[7])
local key, member = KEY.mutes .. place, place .. ' ' .. exchange
local since, known = now, redis.call('HGET', key, exchange)
-- One that is over stays as it is told of; what was missed under both is told at the new one's end at the latest.
if lasts(known, now) then
  local _, known_since, known_id = string.match(known, '^(%d+) (%d+) (%S+) ')
  since, id = known_since or since, known_id or id
end
local ends = string.format('%.0f', tonumber(now) + tonumber(length))
local value = table.concat({ends, since, id, body}, ' ')
redis.call('HSET', key, exchange, value)
redis.call('ZADD', KEYS[1], ends, member)
redis.call(ARGV[6] == '1' and 'SADD' or 'SREM', KEY.mutes_until_worse, member)
keep_for(key, length)
keep_for(KEY.missed .. place, length)
keep_for(KEYS[1], length)
keep_for(KEY.mutes_until_worse, length)
return value
