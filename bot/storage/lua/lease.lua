-- Acquire, renew, release or read a lease: work that only one worker at a time may do, such as polling.
-- Times are those of this server's clock, so the clocks of the workers do not matter.
--
-- KEYS[1] keys.LEASE of the work
-- ARGV action: 'acquire' (if nobody has it), 'seize' (whoever has it), 'renew', 'release' or 'read';
--      token of the caller's lease; name of the caller's worker; milliseconds that the lease lasts unless renewed;
--      what troubles the caller's worker, '' for nothing
-- Returns {1 when the caller has the lease, else 0; the worker that has it, '' when nobody does; what troubles it}.
--
-- Example: worker a acquires it for 8,000 ms: {1, 'a', ''}. Worker b asks 3 s later: {0, 'a', ''}. Worker a renewed for
-- the last time more than 8 s ago: b asks again and gets {1, 'b', ''}; when a renews then, it gets {0, 'b', ''} and
-- stops.

local action, token, worker, lasts, trouble = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stored = redis.call('HMGET', KEYS[1], 'token', 'worker', 'trouble', 'until')
local left = tonumber(stored[4] or 0) - now
local is_mine = stored[1] == token
-- More than a lease lasts is left only when the server's clock was set back: its owner would have it for that long.
local is_free = left <= 0 or left > lasts

if action == 'release' then
  -- The token stays: `commit_incident.lua` refuses a worker whose token is no longer the newest.
  if is_mine then redis.call('HSET', KEYS[1], 'until', 0) end
  return {0, '', ''}
end
-- A lease that ran out may still be renewed while nobody else took it: the token says who had it last.
if (is_mine and action ~= 'read') or action == 'seize' or (action == 'acquire' and is_free) then
  redis.call('HSET', KEYS[1], 'token', token, 'worker', worker, 'trouble', trouble,
    'until', string.format('%.0f', now + lasts))
  return {1, worker, trouble}
end
if is_free then return {0, '', ''} end
return {is_mine and 1 or 0, stored[2], stored[3]}
