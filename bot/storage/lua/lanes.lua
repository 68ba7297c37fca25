-- Shared by the scripts of the outbox: how deliveries of one place about one incident stay in order.
--
-- A lane is everything queued for one place about one incident, oldest first. Only its head is in a stream (unread, or
-- claimed by a worker) or postponed (keys.POSTPONED); the rest waits in the lane. So nothing of a lane overtakes,
-- whatever its priority and however many workers there are.
--
-- keys.LANES of an incident: place -> msgpack {where the head is, {alert, mention}, ...}. The head is at
--   '<priority> <entry>'       in that stream: '1 1768046400000-0'
--   'later <packed delivery>'  in keys.POSTPONED: it failed, or its place was asked to wait
--   'spaced <packed delivery>' in keys.POSTPONED too: an edit that comes too soon after the last one
-- keys.FAILED of a place: what of keys.POSTPONED failed there, for retry_now.lua to find.
--
-- Example: INC-1 opens (elevated) and escalates before the first message was sent. The lane of telegram:7 is {'1
-- 1768046400000-0', {'INC-1:2:post', ''}}; `append` moves the head to the stream of priority 0, since the escalation
-- behind it is severe. When the head is over, `advance` puts the escalation into its stream.
--
-- One delivery is in no lane: the edit of an earlier message so that it points to the newer one (`older` is that
-- message's id and the alert whose text it shows). Nothing else is ever done to that message, so nothing needs to stay
-- in order with it.

local GROUP, CONSUMER = 'couriers', 'courier' -- all workers are one consumer: each may take over what another claimed
local to_wake, checked = {}, {} -- platforms that got something to do; streams that are known to exist

-- The present in microseconds, as text: Lua would round a number. It is this server's, whatever the clocks of the
-- workers say; a simulation, whose time is not real, gives its own.
local function present(given)
  if given ~= '' then return given end
  local time = redis.call('TIME')
  return string.format('%.0f', time[1] * 1000000 + time[2])
end

local stream_of = KEY.deliveries -- of platform and priority
local function platform_of(place) return string.match(place, '^[^:]+') end

-- Make the stream with its group when it is not there (a new store, or one that lost it).
local function stream_for(platform, priority)
  local stream = stream_of(platform, priority)
  if not checked[stream] and redis.call('EXISTS', stream) == 0 then
    redis.call('XGROUP', 'CREATE', stream, GROUP, '0', 'MKSTREAM')
  end
  checked[stream] = true
  return stream
end

-- What an alert says about itself, nil when it has expired.
local function facts_of(alert)
  local facts = redis.call('HMGET', KEY.alert .. alert, 'incident', 'kind', 'priority', 'body', 'expires')
  return facts[1] and {incident = facts[1], kind = facts[2], priority = facts[3], body = facts[4],
    expires = facts[5] or ''} or nil
end

-- The fields of an entry, as `add_entry` wrote them.
local function read_entry(fields)
  return {alert = fields[2], incident = fields[4], place = fields[6], mention = fields[8], attempt = fields[10],
    older = fields[12]}
end

-- What keys.SENT_MESSAGES says of a place: 'id when alert', `when` 0 or the microseconds of the last edit. An older program wrote
-- 'id' alone, or 'id when' after an edit. Returns id, alert or '', when or ''.
local function read_message(value)
  local id, edited, alert = string.match(value, '^(%S*) ?(%d*) ?(.*)$')
  return id, alert, edited
end

-- Put a lane's head, or the edit of an older message, into its stream and return where it is.
local function add_entry(priority, alert, incident, place, mention, attempt, older)
  local platform = platform_of(place)
  local words = {'a', alert, 'i', incident, 'p', place, 'm', mention, 'n', attempt}
  if older then words[11], words[12] = 'o', older end
  local entry = redis.call('XADD', stream_for(platform, priority), '*', unpack(words))
  to_wake[platform] = true
  return priority .. ' ' .. entry
end

local function read_lane(incident, place)
  local packed = redis.call('HGET', KEY.lanes .. incident, place)
  return packed and cmsgpack.unpack(packed) or nil
end

local function keep_lane(incident, place, lane)
  redis.call('HSET', KEY.lanes .. incident, place, cmsgpack.pack(lane))
  redis.call('EXPIRE', KEY.lanes .. incident, LIFETIME_S.lanes)
end

-- Count one delivery of an alert as over; the alert goes with its last one.
local function count_off(alert, platform)
  local key = KEY.alert .. alert
  if redis.call('EXISTS', key) == 1 then
    redis.call('HINCRBY', key, 'left:' .. platform, -1)
    if redis.call('HINCRBY', key, 'left', -1) > 0 then return end
    redis.call('DEL', key)
  end
  redis.call('ZREM', KEY.alerts, alert)
end

-- The head of a lane is over: the next one becomes the head. Those whose alert has expired are skipped.
local function advance(incident, place)
  local lane = read_lane(incident, place)
  if not lane then return end
  table.remove(lane, 1)
  while #lane > 0 do
    local alert, mention = lane[1][1], lane[1][2]
    local facts = facts_of(alert)
    if facts then
      lane[1] = add_entry(facts.priority, alert, incident, place, mention, 0)
      return keep_lane(incident, place, lane)
    end
    count_off(alert, platform_of(place))
    table.remove(lane, 1)
  end
  redis.call('HDEL', KEY.lanes .. incident, place)
end

-- A more urgent delivery waits behind this head: move the head, unless a worker has taken it, to the more urgent
-- stream.
local function raise_priority(lane, place, priority)
  local at, entry = string.match(lane[1], '^(%d) (.+)$')
  if not at or at <= priority then return end -- postponed, or urgent enough
  local stream = stream_of(platform_of(place), at)
  if #redis.call('XPENDING', stream, GROUP, entry, entry, 1) > 0 then return end -- taken
  local found = redis.call('XRANGE', stream, entry, entry)[1]
  if not found then return end
  local head = read_entry(found[2])
  redis.call('XDEL', stream, entry)
  lane[1] = add_entry(priority, head.alert, head.incident, place, head.mention, head.attempt)
end

-- Say whether an alert of a kind takes the place of a head that waits in keys.POSTPONED. An edit that waits only
-- because the one before it is young is replaced by anything but a reply, which is a message of its own. What waits
-- because it failed is replaced by an escalation: that must not wait for the next try of a text that is out of date,
-- which may be five minutes away when the platform is back. Any other kind waits, so that a platform that is out of
-- order is not asked more often than before.
local function replaces_postponed(kind, head)
  if string.sub(head, 1, 7) == 'spaced ' then return kind ~= 'reply' end
  if kind ~= 'post' or string.sub(head, 1, 6) ~= 'later ' then return false end
  local facts = facts_of(cmsgpack.unpack(string.sub(head, 7)).alert)
  return not facts or facts.kind == 'edit' or facts.kind == 'post'
end

-- Drop a head that waits in keys.POSTPONED: something newer has come.
local function drop_postponed(lane, incident, place)
  local packed = string.sub(lane[1], string.find(lane[1], ' ', 1, true) + 1)
  redis.call('ZREM', KEY.postponed .. platform_of(place), packed)
  redis.call('SREM', KEY.failed .. place, packed)
  keep_lane(incident, place, lane)
  count_off(cmsgpack.unpack(packed).alert, platform_of(place))
  advance(incident, place)
end

-- Queue one alert for one place: as the head of a new lane, or behind what is there. The caller sets the lanes'
-- lifetime.
local function append(alert, facts, place, mention)
  local lane = read_lane(facts.incident, place)
  if lane then
    lane[#lane + 1] = {alert, mention}
    if replaces_postponed(facts.kind, lane[1]) then return drop_postponed(lane, facts.incident, place) end
    raise_priority(lane, place, facts.priority)
  else
    lane = {add_entry(facts.priority, alert, facts.incident, place, mention, 0)}
  end
  redis.call('HSET', KEY.lanes .. facts.incident, place, cmsgpack.pack(lane))
end

-- Take an entry out of its stream; false when that has happened before.
local function take_out(platform, priority, entry)
  local stream = stream_of(platform, priority)
  if redis.call('XACK', stream, GROUP, entry) == 0 then return false end
  redis.call('XDEL', stream, entry)
  return true
end

-- Keep a delivery that was given up where an operator finds it: the last 1,000 or so.
local function add_dead_letter(alert, incident, place, reason, now)
  redis.call('XADD', KEY.dead_letters, 'MAXLEN', '~', 1000, '*',
    'alert', alert, 'incident', incident, 'place', place, 'reason', reason, 'at', now)
end

-- Wake the workers that wait for something to do: they block on this stream's newest entry.
local function wake_workers()
  for platform in pairs(to_wake) do redis.call('XADD', KEY.wake_up .. platform, 'MAXLEN', 1, '*', 'r', 1) end
end
