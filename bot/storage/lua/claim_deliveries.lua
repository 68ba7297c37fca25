-- Hand deliveries to a worker, most urgent first. Needs lanes.lua before it.
--
-- Three steps: queue the next places of the fan-outs; bring back what was postponed and is due; hand out entries of the
-- streams p0, p1, p2, those of dead workers first.
--
-- KEYS[1] keys.FANOUT
-- ARGV platform, most deliveries, the present of a simulation ('' for this server's), idle milliseconds after which a
--      worker counts as dead, microseconds between two edits of one message
-- Returns {1} when more places have to be queued first (call again), else {0, entries, bodies, newest wake-up, due,
--      now}, with times in microseconds:
--      entries        {priority, entry, alert, place, mention, attempts before, newest message there or '',
--                     earlier message to edit so that it points to the newer one, 'id alert', or ''}, packed as one
--                     word: a client takes long to read many short ones. That alert's text is among the bodies
--      bodies         alert, body, when it expires ('' where an older program queued it), alert, …: each alert once
--      newest wake-up the entry of keys.WAKE_UP to wait behind for news
--      due            the time of the next postponed delivery, '' for none
--      now            the present by which all this was judged
--
-- Example: an alert for telegram:7 and telegram:8 was committed. ARGV 'telegram', 10, …: {0, two entries,
-- {'INC-1:1:post', its body}, '1768046400000-0', ''}. Nothing else: {0, none, {}, the same, '', …}, and the worker waits
-- for the next wake-up.

local MOST_DELIVERIES = 5 -- claimed so often and not finished, a delivery is given up: it may be what kills the workers
local MOST_PLACES = 200 -- queued per call, about a millisecond of work: other commands get their turn in between
local MOST_DUE = 200

local platform, most, now, idle, spacing = ARGV[1], tonumber(ARGV[2]), present(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local postponed = KEY.postponed .. platform

-- Read before anything below wakes the workers, so that nobody goes to sleep beside work.
local last_wake_up = redis.call('XREVRANGE', KEY.wake_up .. platform, '+', '-', 'COUNT', 1)[1]
local newest_wake_up = last_wake_up and last_wake_up[1] or '0-0'

-- Step 1. Queue the next places of the fan-outs: urgent ones first, else in the order of the commits.
local places = 0
while places < MOST_PLACES do
  local chunk = redis.call('LPOP', KEY.urgent_fanout) or redis.call('LPOP', KEYS[1])
  if not chunk then break end
  local alert, recipients, is_last = unpack(cmsgpack.unpack(chunk))
  if is_last then
    redis.call('HDEL', KEY.fanout_incidents, alert)
    redis.call('SREM', KEY.superseding_alerts, alert)
  end
  local facts = facts_of(alert)
  if facts then
    for _, recipient in ipairs(recipients) do append(alert, facts, recipient[1], recipient[2]) end
    redis.call('EXPIRE', KEY.lanes .. facts.incident, LIFETIME_S.lanes)
  end
  places = places + #recipients
end
-- While there are more places, only p0 is handed out: what is not queued yet may come before the rest. And nothing at
-- all is handed out while it may be superseded by what is not queued yet.
local has_more = redis.call('LLEN', KEYS[1]) + redis.call('LLEN', KEY.urgent_fanout) > 0
if has_more and redis.call('EXISTS', KEY.superseding_alerts) == 1 then
  wake_workers()
  return {1}
end

-- Step 2. Bring back what was postponed and is due.
for _, packed in ipairs(redis.call('ZRANGEBYSCORE', postponed, '-inf', now, 'LIMIT', 0, MOST_DUE)) do
  local delivery = cmsgpack.unpack(packed)
  redis.call('ZREM', postponed, packed)
  if delivery.attempt > 0 then redis.call('SREM', KEY.failed .. delivery.place, packed) end
  local at = add_entry(delivery.priority, delivery.alert, delivery.incident, delivery.place, delivery.mention,
    delivery.attempt, delivery.older)
  if not delivery.older then
    local lane = read_lane(delivery.incident, delivery.place) or {}
    lane[1] = at
    keep_lane(delivery.incident, delivery.place, lane)
  end
end

-- Step 3. Hand out entries.
local entries, bodies, has_body = {}, {}, {}

-- Say whether what waits behind an edit or a post supersedes it: any younger edit or post behind an edit, an escalation
-- or the end behind a post. A reply is beside the message and does not replace it.
local SUPERSEDES = {edit = {edit = true, post = true, close = true}, post = {post = true, close = true}}
local function is_superseded(delivery, kind)
  local lane = SUPERSEDES[kind] and read_lane(delivery.incident, delivery.place) or {}
  for i = 2, #lane do
    local younger = facts_of(lane[i][1])
    if younger and SUPERSEDES[kind][younger.kind] then return true end
  end
  return false
end

-- Put an edit off until the one before it is old enough. Whatever comes meanwhile takes its place (`append`).
local function space_edit(delivery, priority, id, due)
  take_out(platform, priority, id)
  local packed = cmsgpack.pack({alert = delivery.alert, incident = delivery.incident, place = delivery.place,
    priority = priority, mention = delivery.mention, attempt = tonumber(delivery.attempt)})
  redis.call('ZADD', postponed, string.format('%.0f', due), packed)
  local lane = read_lane(delivery.incident, delivery.place) or {}
  lane[1] = 'spaced ' .. packed
  keep_lane(delivery.incident, delivery.place, lane)
end

-- What a place was sent last of an incident; '-' where that was before its chat moved: numbers begin anew there.
local function newest_message(place, incident)
  local found = redis.call('HGET', KEY.sent_messages .. incident, place)
  if found then return found end
  local chat = string.match(place, '^[^/]+')
  local former_chat = redis.call('GET', KEY.former_address .. chat)
  local former_place = former_chat and former_chat .. string.sub(place, #chat + 1) -- the topic stays
  return former_place and redis.call('HEXISTS', KEY.sent_messages .. incident, former_place) == 1 and '-' or ''
end

-- Hand one entry out, unless its alert has expired, it is superseded, it comes too soon, or nobody survives it.
local function hand_out(priority, entry, times_taken)
  local id = entry[1]
  if not entry[2] then return end -- gone already; Redis 6.2 names it all the same
  local delivery = read_entry(entry[2])
  local facts = facts_of(delivery.alert)
  local is_given_up = times_taken > MOST_DELIVERIES
  if is_given_up then
    add_dead_letter(delivery.alert, delivery.incident, delivery.place,
      'taken ' .. times_taken - 1 .. ' times, never finished', now)
  end
  if is_given_up or not facts or (not delivery.older and is_superseded(delivery, facts.kind)) then
    take_out(platform, priority, id)
    count_off(delivery.alert, platform)
    if not delivery.older then advance(delivery.incident, delivery.place) end
    return
  end
  local message, _, edited = read_message(newest_message(delivery.place, delivery.incident))
  if delivery.older then
    local shown = string.match(delivery.older, '^%S+ (.+)$') or ''
    local text = redis.call('HGET', KEY.sent_texts .. delivery.incident, shown)
    if not text then -- nothing is known to keep, so the message is left as it is
      take_out(platform, priority, id)
      return count_off(delivery.alert, platform)
    end
    if not has_body[shown] then
      has_body[shown] = true
      bodies[#bodies + 1] = shown
      bodies[#bodies + 1] = text
      bodies[#bodies + 1] = (facts_of(shown) or {expires = ''}).expires
    end
  end
  if not delivery.older and facts.kind == 'edit' and edited ~= '' and tonumber(now) < edited + spacing then
    return space_edit(delivery, priority, id, edited + spacing)
  end
  if not has_body[delivery.alert] then
    has_body[delivery.alert] = true
    bodies[#bodies + 1] = delivery.alert
    bodies[#bodies + 1] = facts.body
    bodies[#bodies + 1] = facts.expires
  end
  entries[#entries + 1] = {priority, id, delivery.alert, delivery.place, delivery.mention,
    delivery.attempt + times_taken - 1, message, delivery.older or ''}
end

for priority = 0, has_more and 0 or 2 do
  local stream = stream_for(platform, priority)
  if #entries < most then -- what a dead worker had taken
    for _, pending in ipairs(redis.call('XPENDING', stream, GROUP, 'IDLE', idle, '-', '+', most - #entries)) do
      local id, times_taken = pending[1], pending[4]
      local claimed = redis.call('XCLAIM', stream, GROUP, CONSUMER, idle, id)[1]
      if claimed then hand_out(priority, claimed, times_taken + 1) else redis.call('XACK', stream, GROUP, id) end
    end
  end
  while #entries < most do
    local read = redis.call('XREADGROUP', 'GROUP', GROUP, CONSUMER, 'COUNT', most - #entries, 'STREAMS', stream, '>')
    if not read then break end
    for _, entry in ipairs(read[1][2]) do hand_out(priority, entry, 1) end
  end
end
wake_workers()
if has_more and #entries == 0 then return {1} end
local due = redis.call('ZRANGE', postponed, 0, 0, 'WITHSCORES')
return {0, cmsgpack.pack(entries), bodies, newest_wake_up, due[2] or '', now}
