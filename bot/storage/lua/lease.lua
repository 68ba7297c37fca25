-- Acquire, renew, release or read leases: work that only one worker at a time may do, such as polling.
-- Times are those of this server's clock, so the clocks of the workers do not matter.
--
-- KEYS[1] keys.LEASE of the first
-- ARGV action: 'acquire' (if nobody has it), 'seize' (whoever has it), 'renew', 'release' or 'read';
--      name of the caller's worker; milliseconds that a lease lasts unless renewed;
--      and for each lease: its name, the token of the caller's lease, what troubles the caller's work ('' for nothing)
-- Returns for each lease {1 when the caller has it, else 0; the worker that has it, '' when nobody does; what
--         troubles it}.
--
-- Example: worker a acquires one for 8,000 ms: {{1, 'a', ''}}. Worker b asks 3 s later: {{0, 'a', ''}}. Worker a
-- renewed for the last time more than 8 s ago: b asks again and gets {{1, 'b', ''}}; when a renews then, it gets
-- {{0, 'b', ''}} and stops.

local action, worker, lasts = ARGV[1], ARGV[2], tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function done(key, token, trouble)
  local stored = redis.call('HMGET', key, 'token', 'worker', 'trouble', 'until')
  local left = tonumber(stored[4] or 0) - now
  local is_mine = stored[1] == token
  -- More than a lease lasts is left only when the server's clock was set back: its owner would have it for that long.
  local is_free = left <= 0 or left > lasts

  if action == 'release' then
    -- The token stays: `commit_incident.lua` refuses a worker whose token is no longer the newest.
    if is_mine then redis.call('HSET', key, 'until', 0) end
    return {0, '', ''}
  end
  -- A lease that ran out may still be renewed while nobody else took it: the token says who had it last.
  if (is_mine and action ~= 'read') or action == 'seize' or (action == 'acquire' and is_free) then
    redis.call('HSET', key, 'token', token, 'worker', worker, 'trouble', trouble,
      'until', string.format('%.0f', now + lasts))
    return {1, worker, trouble}
  end
  if is_free then return {0, '', ''} end
  return {is_mine and 1 or 0, stored[2], stored[3]}
end

local reply = {}
for i = 4, #ARGV, 3 do reply[#reply + 1] = done(KEY.lease .. ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
return reply
