-- What waits: per alert, and since when.
-- KEYS[1] {ob}:alerts   ARGV platforms…
-- Returns {created of the oldest or '', {severity, platform, number}, ...}; forgets alerts that have expired.

local found = {''}
for _, alert in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local key = '{ob}:alert:' .. alert
  local severity = redis.call('HGET', key, 'severity')
  if severity then
    if found[1] == '' then found[1] = redis.call('ZSCORE', KEYS[1], alert) end
    for _, platform in ipairs(ARGV) do
      local left = tonumber(redis.call('HGET', key, 'left:' .. platform) or 0)
      if left > 0 then found[#found + 1] = {severity, platform, left} end
    end
  else
    redis.call('ZREM', KEYS[1], alert)
  end
end
return found
