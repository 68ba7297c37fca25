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
local ends = string.format('%.0f', tonumber(now) + tonumber(length))
return keep_mute(place, exchange, ends, id, body, ARGV[6] == '1', now)
