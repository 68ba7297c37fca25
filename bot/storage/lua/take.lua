-- Hand out deliveries, most urgent first. Needs lanes.lua before it.
-- KEYS[1] {ob}:fan   ARGV platform, most, now (microseconds), idle milliseconds after which a worker counts as dead,
--                         microseconds between two edits of one message
-- Returns {1} when more places wait to be queued first (call again), else
-- {0, entries, bodies, bell, due}: entries are {priority, entry, alert, place, mention, attempts before, newest message
-- there or '', older message to be told of a newer one or ''}, packed as one word, for a client reads many slowly,
-- bodies alternate alert and body, bell is where to wait for news, due the time of the next one put off ('' for none).

local MOST_DELIVERIES, MOST_PLACES = 5, 200

local platform, most, now, idle, spacing = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], tonumber(ARGV[5])
local later = '{ob}:later:' .. platform

local function bell()
  local last = redis.call('XREVRANGE', '{ob}:bell:' .. platform, '+', '-', 'COUNT', 1)[1]
  return last and last[1] or '0-0'
end
local heard = bell() -- before anything below rings it, so that nobody waits beside work

local function lane_of(one)
  local packed = redis.call('HGET', lanes_of(one.incident), one.place)
  return packed and cmsgpack.unpack(packed) or {}
end

-- Queue the next places of the fan-outs, what is urgent first, else in the order of the commits, and not so many that
-- others have to wait. While there are more, only the most urgent is handed out: what is not queued yet may come before
-- the rest. Nothing is while it may be superseded by what is not queued yet.
local places = 0
while places < MOST_PLACES do
  local chunk = redis.call('LPOP', '{ob}:fan:first') or redis.call('LPOP', KEYS[1])
  if not chunk then break end
  local fan = cmsgpack.unpack(chunk)
  if fan[3] then
    redis.call('HDEL', '{ob}:fanning', fan[1])
    redis.call('SREM', '{ob}:superseding', fan[1])
  end
  local facts = facts_of(fan[1])
  if facts then
    for _, to in ipairs(fan[2]) do append(fan[1], facts, to[1], to[2]) end
    redis.call('EXPIRE', lanes_of(facts.incident), LANES_LIVE)
  end
  places = places + #fan[2]
end
local more = redis.call('LLEN', KEYS[1]) + redis.call('LLEN', '{ob}:fan:first') > 0
if more and redis.call('EXISTS', '{ob}:superseding') == 1 then -- what it supersedes must not be handed out meanwhile
  ring()
  return {1}
end

for _, packed in ipairs(redis.call('ZRANGEBYSCORE', later, '-inf', now, 'LIMIT', 0, 200)) do
  local put_off = cmsgpack.unpack(packed)
  redis.call('ZREM', later, packed)
  if put_off.attempt > 0 then redis.call('SREM', failed_in(put_off.place), packed) end
  local at = push(put_off.priority, put_off.alert, put_off.incident, put_off.place, put_off.mention, put_off.attempt,
    put_off.older)
  if not put_off.older then
    local lane = lane_of(put_off)
    lane[1] = at
    keep_lane(put_off.incident, put_off.place, lane)
  end
end

local entries, bodies, known = {}, {}, {}

-- Say whether what waits behind an edit or a post leaves nothing of it to be told: any younger edit or post behind an
-- edit, an escalation or the end behind a post. A reply speaks beside the message and does not replace it.
local SUPERSEDES = {edit = {edit = true, post = true, close = true}, post = {post = true, close = true}}
local function outdated(one, kind)
  local lane = SUPERSEDES[kind] and lane_of(one) or {}
  for i = 2, #lane do
    local younger = facts_of(lane[i][1])
    if younger and SUPERSEDES[kind][younger.kind] then return true end
  end
  return false
end

-- Put an edit off until the one before it is old enough. Whatever comes meanwhile takes its place.
local function space(one, priority, id, due)
  take_out(platform, priority, id)
  local packed = cmsgpack.pack({alert = one.alert, incident = one.incident, place = one.place, priority = priority,
    mention = one.mention, attempt = tonumber(one.attempt)})
  redis.call('ZADD', later, string.format('%.0f', due), packed)
  local lane = lane_of(one)
  lane[1] = 'spaced ' .. packed
  keep_lane(one.incident, one.place, lane)
end

-- What a place was sent last of an incident; '-' where that was before its chat moved: numbers begin anew there.
local function sent_to(place, incident)
  local found = redis.call('HGET', '{ob}:sent:' .. incident, place)
  if found then return found end
  local chat = string.match(place, '^[^/]+')
  local before = redis.call('GET', '{ob}:came:' .. chat)
  local there = before and before .. string.sub(place, #chat + 1)
  return there and redis.call('HEXISTS', '{ob}:sent:' .. incident, there) == 1 and '-' or ''
end

-- Hand one entry out, unless its alert has expired, it is outdated, it comes too soon, or nobody survives it.
local function hand_out(priority, entry, deliveries)
  local id = entry[1]
  if not entry[2] then return end -- gone already; Redis 6.2 names it all the same
  local one = read_entry(entry[2])
  local facts = facts_of(one.alert)
  local deadly = deliveries > MOST_DELIVERIES
  if deadly then bury(one.alert, one.incident, one.place, 'taken ' .. deliveries - 1 .. ' times, never finished', now) end
  if deadly or not facts or (not one.older and outdated(one, facts.kind)) then
    take_out(platform, priority, id)
    count_off(one.alert, platform)
    if not one.older then advance(one.incident, one.place) end
    return
  end
  local message, edited = string.match(sent_to(one.place, one.incident), '^(%S*) ?(%d*)$')
  if facts.kind == 'edit' and edited ~= '' and tonumber(now) < edited + spacing then
    return space(one, priority, id, edited + spacing)
  end
  if not known[one.alert] then
    known[one.alert] = true
    bodies[#bodies + 1] = one.alert
    bodies[#bodies + 1] = facts.body
  end
  entries[#entries + 1] = {priority, id, one.alert, one.place, one.mention, one.attempt + deliveries - 1, message,
    one.older or ''}
end

for priority = 0, more and 0 or 2 do
  local stream = stream_for(platform, priority)
  if #entries < most then -- what a dead worker had taken
    for _, left in ipairs(redis.call('XPENDING', stream, GROUP, 'IDLE', idle, '-', '+', most - #entries)) do
      local claimed = redis.call('XCLAIM', stream, GROUP, WORKER, idle, left[1])[1]
      if claimed then hand_out(priority, claimed, left[4] + 1) else redis.call('XACK', stream, GROUP, left[1]) end
    end
  end
  while #entries < most do
    local read = redis.call('XREADGROUP', 'GROUP', GROUP, WORKER, 'COUNT', most - #entries, 'STREAMS', stream, '>')
    if not read then break end
    for _, entry in ipairs(read[1][2]) do hand_out(priority, entry, 1) end
  end
end
ring()
if more and #entries == 0 then return {1} end
local due = redis.call('ZRANGE', later, 0, 0, 'WITHSCORES')
return {0, cmsgpack.pack(entries), bodies, heard, due[2] or ''}
