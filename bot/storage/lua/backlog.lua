-- Count the deliveries that are not over yet, and say since when the oldest waits.
--
-- KEYS[1] keys.ALERTS   ARGV platforms…
-- Returns {when the oldest alert was created (microseconds) or '', {severity, platform, number}, ...}: one for
--         each alert and platform with deliveries left.
--
-- Example: one severe alert with 3 deliveries left on Telegram and none on Discord, ARGV 'discord', 'telegram':
-- {'1768046400000000', {'severe', 'telegram', 3}}.

local reply = {''}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local key = KEY.alert .. id
  local severity = redis.call('HGET', key, 'severity')
  if severity then
    if reply[1] == '' then reply[1] = redis.call('ZSCORE', KEYS[1], id) end
    for _, platform in ipairs(ARGV) do
      local left = tonumber(redis.call('HGET', key, 'left:' .. platform) or 0)
      if left > 0 then reply[#reply + 1] = {severity, platform, left} end
    end
  else
    redis.call('ZREM', KEYS[1], id) -- the alert has expired, so its last delivery never counted it off
  end
end
return reply
