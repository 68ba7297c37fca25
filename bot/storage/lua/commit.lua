-- One step of an incident: its new state, the indexes and the alerts, all or nothing.
-- KEYS[1] {ob}:current
-- ARGV[1] msgpack {field, exchange, token, number, body or nil, leads, over, most, alerts = {{id, body, incident, kind,
--         severity, priority, created, seconds, marked, left = {platform -> number}, chunks = number}, ...},
--         judge = token of the worker whose duty this is, '' where there is only one}
-- ARGV[2…] the chunks of all alerts, in order: msgpack {id, {{place, mention}, ...}, whether it is the alert's last}
-- Returns -1 when another worker has taken the duty over, 0 when every alert had been queued before by another call: then
-- nothing is changed. 1 otherwise.

local step = cmsgpack.unpack(ARGV[1])
if step.judge ~= '' and redis.call('HGET', '{ob}:duty:poll', 'token') ~= step.judge then return -1 end

local fresh, repeated, chunk = {}, false, 2
for _, alert in ipairs(step.alerts) do
  alert.first, alert.last = chunk, chunk + alert.chunks - 1
  chunk = chunk + alert.chunks
  local before = redis.call('GET', '{ob}:queued:' .. alert.id)
  if not before then fresh[#fresh + 1] = alert end
  if before == step.token then repeated = true end -- the same call, sent again because its reply was lost
end
if #step.alerts > 0 and #fresh == 0 then return repeated and 1 or 0 end

if step.body and not step.over then
  redis.call('HSET', KEYS[1], step.field, step.body)
else
  redis.call('HDEL', KEYS[1], step.field)
end
if step.number > 0 then
  local told = redis.call('HGET', '{ob}:incidents', step.number)
  -- of a story that several presets tell, the normal one's telling stays
  if step.leads or not told or not string.find(told, '"sensitivity":"normal"', 1, true) then
    redis.call('HSET', '{ob}:incidents', step.number, step.body)
  end
  for _, history in ipairs({'{ob}:history', '{ob}:history:' .. step.exchange}) do
    redis.call('ZADD', history, step.number, step.number)
    while redis.call('ZCARD', history) > step.most do
      redis.call('HDEL', '{ob}:incidents', redis.call('ZPOPMIN', history)[1])
    end
  end
end

-- Say whether something of an incident is among the chunks that others have to wait for: then nothing may overtake it.
local function is_fanning(incident)
  for _, one in ipairs(redis.call('HVALS', '{ob}:fanning')) do
    if one == incident then return true end
  end
  return false
end

local alive = {} -- incidents of which something is on its way already
for _, alert in ipairs(redis.call('ZRANGE', '{ob}:alerts', 0, -1)) do
  alive[redis.call('HGET', '{ob}:alert:' .. alert, 'incident') or ''] = true
end

local platforms = {}
for _, alert in ipairs(fresh) do
  redis.call('SET', '{ob}:queued:' .. alert.id, step.token, 'EX', alert.marked)
  if alert.chunks > 0 then
    local key = '{ob}:alert:' .. alert.id
    redis.call('HSET', key, 'body', alert.body, 'incident', alert.incident, 'kind', alert.kind,
      'severity', alert.severity, 'priority', alert.priority)
    for platform, count in pairs(alert.left) do
      redis.call('HSET', key, 'left:' .. platform, count)
      redis.call('HINCRBY', key, 'left', count)
      platforms[platform] = true
    end
    redis.call('EXPIRE', key, alert.seconds)
    redis.call('ZADD', '{ob}:alerts', alert.created, alert.id)
    local fan = '{ob}:fan'
    if alert.priority == 0 and not is_fanning(alert.incident) then fan = '{ob}:fan:first' end
    if fan == '{ob}:fan' then redis.call('HSET', '{ob}:fanning', alert.id, alert.incident) end
    if alive[alert.incident] and alert.kind ~= 'reply' then redis.call('SADD', '{ob}:superseding', alert.id) end
    for i = alert.first, alert.last do redis.call('RPUSH', fan, ARGV[i]) end
  end
end
for platform in pairs(platforms) do redis.call('XADD', '{ob}:bell:' .. platform, 'MAXLEN', 1, '*', 'r', 1) end
return 1
