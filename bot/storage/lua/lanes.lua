-- What the scripts of the outbox share. A lane is everything queued for one place about one incident, oldest first.
-- Only its head is in a stream (unread, or taken by a worker) or put off in `later`; the rest waits in the lane. So
-- nothing of a lane overtakes, whatever its priority and however many workers there are.
--
-- {ob}:lanes:<incident>  place -> msgpack {where the head is, {alert, mention}, ...}; it is "<priority> <entry>", "later",
--                         or "spaced <what is in `later`>" for an edit that comes too soon after the last one
--
-- {ob}:failed:<place>    what of `later` was put off after it had failed there, for hasten.lua to find
--
-- What an older message is to say when a newer one has followed it (its id is `older`) stands in no lane: nothing else
-- is ever done to that message.

local GROUP, WORKER = 'couriers', 'courier'
local LANES_LIVE = 30 * 86400
local rung, made = {}, {}

local function stream_of(platform, priority) return '{ob}:' .. platform .. ':p' .. priority end
local function platform_of(place) return string.match(place, '^[^:]+') end
local function lanes_of(incident) return '{ob}:lanes:' .. incident end
local function failed_in(place) return '{ob}:failed:' .. place end

-- Make the stream with its group when it is not there (a new store, or one that lost it).
local function stream_for(platform, priority)
  local stream = stream_of(platform, priority)
  if not made[stream] and redis.call('EXISTS', stream) == 0 then
    redis.call('XGROUP', 'CREATE', stream, GROUP, '0', 'MKSTREAM')
  end
  made[stream] = true
  return stream
end

-- What an alert says about itself, nil when it has expired.
local function facts_of(alert)
  local facts = redis.call('HMGET', '{ob}:alert:' .. alert, 'incident', 'kind', 'priority', 'body')
  return facts[1] and {incident = facts[1], kind = facts[2], priority = facts[3], body = facts[4]} or nil
end

-- The fields of an entry, as `push` wrote them.
local function read_entry(fields)
  local one = {alert = fields[2], incident = fields[4], place = fields[6], mention = fields[8], attempt = fields[10]}
  one.older = fields[12]
  return one
end

-- Put a lane's head, or what an older message is to say, into its stream and return where it is.
local function push(priority, alert, incident, place, mention, attempt, older)
  local platform = platform_of(place)
  local words = {'a', alert, 'i', incident, 'p', place, 'm', mention, 'n', attempt}
  if older then words[11], words[12] = 'o', older end
  local entry = redis.call('XADD', stream_for(platform, priority), '*', unpack(words))
  rung[platform] = true
  return priority .. ' ' .. entry
end

local function keep_lane(incident, place, lane)
  redis.call('HSET', lanes_of(incident), place, cmsgpack.pack(lane))
  redis.call('EXPIRE', lanes_of(incident), LANES_LIVE)
end

-- Count one delivery of an alert as over; the alert goes with its last one.
local function count_off(alert, platform)
  local key = '{ob}:alert:' .. alert
  if redis.call('EXISTS', key) == 1 then
    redis.call('HINCRBY', key, 'left:' .. platform, -1)
    if redis.call('HINCRBY', key, 'left', -1) > 0 then return end
    redis.call('DEL', key)
  end
  redis.call('ZREM', '{ob}:alerts', alert)
end

-- The head of a lane is over: the next one becomes the head.
local function advance(incident, place)
  local packed = redis.call('HGET', lanes_of(incident), place)
  if not packed then return end
  local lane = cmsgpack.unpack(packed)
  table.remove(lane, 1)
  while #lane > 0 do
    local alert, mention = lane[1][1], lane[1][2]
    local facts = facts_of(alert)
    if facts then
      lane[1] = push(facts.priority, alert, incident, place, mention, 0)
      return keep_lane(incident, place, lane)
    end
    count_off(alert, platform_of(place))
    table.remove(lane, 1)
  end
  redis.call('HDEL', lanes_of(incident), place)
end

-- A more urgent one waits behind this head: move the head, unless it was taken, to the more urgent stream.
local function hurry(lane, place, priority)
  local at, entry = string.match(lane[1], '^(%d) (.+)$')
  if not at or at <= priority then return end
  local old = stream_of(platform_of(place), at)
  if #redis.call('XPENDING', old, GROUP, entry, entry, 1) > 0 then return end
  local found = redis.call('XRANGE', old, entry, entry)[1]
  if not found then return end
  local head = read_entry(found[2])
  redis.call('XDEL', old, entry)
  lane[1] = push(priority, head.alert, head.incident, place, head.mention, head.attempt)
end

-- Drop an edit that waits only because the one before it is young: something newer has come.
local function give_way(lane, incident, place)
  local put_off = string.sub(lane[1], 8)
  redis.call('ZREM', '{ob}:later:' .. platform_of(place), put_off)
  keep_lane(incident, place, lane)
  count_off(cmsgpack.unpack(put_off).alert, platform_of(place))
  advance(incident, place)
end

-- Queue one alert for one place.
local function append(alert, facts, place, mention)
  local packed = redis.call('HGET', lanes_of(facts.incident), place)
  local lane
  if packed then
    lane = cmsgpack.unpack(packed)
    lane[#lane + 1] = {alert, mention}
    if string.sub(lane[1], 1, 7) == 'spaced ' and facts.kind ~= 'reply' then
      return give_way(lane, facts.incident, place)
    end
    hurry(lane, place, facts.priority)
  else
    lane = {push(facts.priority, alert, facts.incident, place, mention, 0)}
  end
  redis.call('HSET', lanes_of(facts.incident), place, cmsgpack.pack(lane))
end

-- Take an entry out of its stream; false when that has happened before.
local function take_out(platform, priority, entry)
  local stream = stream_of(platform, priority)
  if redis.call('XACK', stream, GROUP, entry) == 0 then return false end
  redis.call('XDEL', stream, entry)
  return true
end

-- Keep what was given up where an operator finds it.
local function bury(alert, incident, place, reason, now)
  redis.call('XADD', '{ob}:dead', 'MAXLEN', '~', 1000, '*',
    'alert', alert, 'incident', incident, 'place', place, 'reason', reason, 'at', now)
end

-- Wake the workers that wait for something to do.
local function ring()
  for platform in pairs(rung) do redis.call('XADD', '{ob}:bell:' .. platform, 'MAXLEN', 1, '*', 'r', 1) end
end
