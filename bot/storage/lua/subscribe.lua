-- Keep one subscription, replacing the place's earlier one for the same exchange. Needs places.lua before it.
-- KEYS[1] {subs}:places   ARGV place, exchange or '*', subscription, most that a place may have
-- Returns 1, or 0 when the place has as many as it may.

local place, exchange = ARGV[1], ARGV[2]
local wishes = without(wishes_of(place), exchange)
if #wishes >= tonumber(ARGV[4]) then return 0 end
wishes[#wishes + 1] = exchange
keep_wish(exchange, place, ARGV[3])
keep_wishes(place, wishes)
if exchange ~= '*' then redis.call('SADD', '{subs}:exchanges', exchange) end
return 1
