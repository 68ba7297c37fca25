-- Keep one subscription, replacing the place's earlier one for the same exchange.
-- KEYS[1] {subs}:places   ARGV place, chat, exchange or '*', subscription, most that a place may have
-- Returns 1, or 0 when the place has as many as it may.

local place, chat, exchange = ARGV[1], ARGV[2], ARGV[3]
local own = '{subs}:place:' .. place
if redis.call('SISMEMBER', own, exchange) == 0 and redis.call('SCARD', own) >= tonumber(ARGV[5]) then return 0 end
redis.call('HSET', '{subs}:to:' .. exchange, place, ARGV[4])
redis.call('SADD', own, exchange)
redis.call('SADD', '{subs}:chat:' .. chat, place)
redis.call('SADD', KEYS[1], place)
if exchange ~= '*' then redis.call('SADD', '{subs}:exchanges', exchange) end
return 1
