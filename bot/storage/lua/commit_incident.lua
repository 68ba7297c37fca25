-- Replace an incident's current state and queue the alerts about it in one step: all of it happens, or nothing.
--
-- KEYS[1] keys.CURRENT_INCIDENTS
-- ARGV[1] msgpack {field, subject, token, number, body or nil, leads, over, most, lease_token, now,
--         alerts = {alert, ...}}
--         field   which current incident: 'subject/rule/preset'
--         token   names this call; a call that is sent again has the same one
--         number  of the incident, 0 where nothing was numbered yet
--         body    its new state (JSON); nil, or over = true, removes it from the current ones
--         leads   whether this preset's state may replace that of another preset in keys.INCIDENTS
--         most    how many incidents the histories keep
--         lease_token  token with which the caller acquired the lease to poll, '' where there is only one worker
--         now     the present of a simulation (microseconds), '' for this server's
--         alert   {id, body, incident, kind, severity, priority, created, lifetime, seconds,
--                 left = {platform -> number}, chunks = number}; after lifetime (microseconds) it is not sent any more,
--                 seconds is how long keys.ALERT lives unless its last delivery ends it
-- ARGV[2…] the places of all alerts in chunks, in order: msgpack {alert id, {{place, mention}, ...}, is the last one}
-- Returns 1; 0 when every alert had been queued by another call, and nothing was changed; -1 when another worker owns
--         the lease, and nothing was changed.
--
-- Example: an elevated outflow opens as INC-7 and 450 places hear of it. One alert with chunks = 3 and three chunks of
-- 200, 200 and 50 places; the answer is 1. The same call once more: 1 again, and nothing is queued twice.

local step = cmsgpack.unpack(ARGV[1])
-- A worker that was stopped for a while must not write over what its successor decided meanwhile.
if step.lease_token ~= '' and redis.call('HGET', KEY.lease .. 'poll', 'token') ~= step.lease_token then return -1 end

-- Whether an alert has expired is asked of this server as well, so that a worker whose clock is fast drops nothing.
local time = redis.call('TIME')
local now = step.now ~= '' and tonumber(step.now) or time[1] * 1000000 + time[2]

local new_alerts, is_repeated, chunk = {}, false, 2
for _, alert in ipairs(step.alerts) do
  alert.first, alert.last = chunk, chunk + alert.chunks - 1
  chunk = chunk + alert.chunks
  local queued_by = redis.call('GET', KEY.queued_alert .. alert.id)
  if not queued_by then new_alerts[#new_alerts + 1] = alert end
  if queued_by == step.token then is_repeated = true end -- the same call, sent again because its reply was lost
end
if #step.alerts > 0 and #new_alerts == 0 then return is_repeated and 1 or 0 end

if step.body and not step.over then
  redis.call('HSET', KEYS[1], step.field, step.body)
else
  redis.call('HDEL', KEYS[1], step.field)
end
if step.number > 0 then
  local stored = redis.call('HGET', KEY.incidents, step.number)
  -- Several presets may have the same incident. The state of the preset `normal` stays, whatever another has later.
  if step.leads or not stored or not string.find(stored, '"sensitivity":"normal"', 1, true) then
    redis.call('HSET', KEY.incidents, step.number, step.body)
  end
  for _, history in ipairs({KEY.history, KEY.subject_history .. step.subject}) do
    redis.call('ZADD', history, step.number, step.number)
    -- The oldest incident goes when there are more than `most`, from its state as well.
    while redis.call('ZCARD', history) > step.most do
      redis.call('HDEL', KEY.incidents, redis.call('ZPOPMIN', history)[1])
    end
  end
end

-- Say whether chunks of an incident wait in the ordinary fan-out: then nothing of it may overtake them.
local function is_fanning_out(incident)
  for _, fanned_out in ipairs(redis.call('HVALS', KEY.fanout_incidents)) do
    if fanned_out == incident then return true end
  end
  return false
end

local has_alerts = {} -- incidents of which an alert is being delivered already
for _, id in ipairs(redis.call('ZRANGE', KEY.alerts, 0, -1)) do
  has_alerts[redis.call('HGET', KEY.alert .. id, 'incident') or ''] = true
end

local platforms = {}
for _, alert in ipairs(new_alerts) do
  redis.call('SET', KEY.queued_alert .. alert.id, step.token, 'EX', LIFETIME_S.queued_alert)
  if alert.chunks > 0 then
    local key = KEY.alert .. alert.id
    redis.call('HSET', key, 'body', alert.body, 'incident', alert.incident, 'kind', alert.kind,
      'severity', alert.severity, 'priority', alert.priority,
      'expires', string.format('%.0f', now + alert.lifetime))
    for platform, count in pairs(alert.left) do
      redis.call('HSET', key, 'left:' .. platform, count)
      redis.call('HINCRBY', key, 'left', count)
      platforms[platform] = true
    end
    redis.call('EXPIRE', key, alert.seconds)
    redis.call('ZADD', KEY.alerts, alert.created, alert.id)
    -- A critical or severe alert goes ahead of every other fan-out, but not ahead of an older alert of its own
    -- incident.
    local list = KEY.fanout
    if alert.priority == 0 and not is_fanning_out(alert.incident) then list = KEY.urgent_fanout end
    if list == KEY.fanout then redis.call('HSET', KEY.fanout_incidents, alert.id, alert.incident) end
    -- What is out there already may be superseded by this alert, so it waits until this one is queued
    -- (claim_deliveries.lua).
    if has_alerts[alert.incident] and alert.kind ~= 'reply' then
      redis.call('SADD', KEY.superseding_alerts, alert.id)
    end
    for i = alert.first, alert.last do redis.call('RPUSH', list, ARGV[i]) end
  end
end
for platform in pairs(platforms) do redis.call('XADD', KEY.wake_up .. platform, 'MAXLEN', 1, '*', 'r', 1) end
return 1
