-- Take, keep or leave a duty that one worker at a time has. Times are the server's, so no worker's clock matters.
-- KEYS[1] {ob}:duty:<duty>   ARGV 'take', 'seize', 'keep', 'leave' or 'look', token of this holding, worker,
--                            milliseconds it lasts without being kept, what troubles the holder
-- Returns {1 when the duty is the caller's, else 0; the worker who has it, '' when nobody does; that one's trouble}.

local what, token, worker, lasts, trouble = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'token', 'worker', 'trouble', 'until')
local left = tonumber(held[4] or 0) - now
local is_mine = held[1] == token
-- More than a duty lasts is left only when the server's clock was set back: the holder would have it for that long.
local is_free = left <= 0 or left > lasts

if what == 'leave' then
  if is_mine then redis.call('HSET', KEYS[1], 'until', 0) end
  return {0, '', ''}
end
-- What ran out may still be kept while nobody else took it: the token says who was the last.
if (is_mine and what ~= 'look') or what == 'seize' or (what == 'take' and is_free) then
  redis.call('HSET', KEYS[1], 'token', token, 'worker', worker, 'trouble', trouble,
    'until', string.format('%.0f', now + lasts))
  return {1, worker, trouble}
end
if is_free then return {0, '', ''} end
return {is_mine and 1 or 0, held[2], held[3]}
