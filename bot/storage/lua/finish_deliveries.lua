-- End deliveries: each was sent, is not to be sent, or is given up. What waits behind it becomes deliverable.
-- Needs lanes.lua before it.
--
-- KEYS[1] keys.FANOUT
-- ARGV[1] msgpack, for each delivery {platform, priority, entry, alert, incident, place as queued,
--         message id ('' when none was sent), place it was sent to (another one when the chat moved),
--         reason ('' unless given up), the present of a simulation ('' for this server's),
--         earlier message that this delivery edited, 'id alert' ('' for any other delivery),
--         id of the earlier message to edit so that it points to this one ('' for none)}
-- Returns how many were not over before: a call that is sent again because its reply was lost changes nothing.
--
-- Example: {'telegram', 0, '5-0', 'INC-1:1:post', 'INC-1', 'telegram:7', '42', 'telegram:7', '', '', '', ''}:
-- message 42 is stored as the newest about INC-1 in telegram:7, the alert counts one delivery less, and the next one of
-- that place about INC-1 goes into its stream.

-- One message less shows the text of an alert; the text goes with the last one.
local function release_text(incident, alert)
  local texts = KEY.sent_texts .. incident
  if alert ~= '' and redis.call('HINCRBY', texts, '#' .. alert, -1) <= 0 then
    redis.call('HDEL', texts, '#' .. alert, alert)
  end
end

-- Remember what a message shows now: its id, when it was edited (0: as it was posted), and whose text it has.
local function keep_message(incident, alert, facts, message, edited_at, place, sent_to)
  local value = message .. ' ' .. edited_at
  if facts then
    local texts = KEY.sent_texts .. incident
    redis.call('HSETNX', texts, alert, facts.body)
    redis.call('HINCRBY', texts, '#' .. alert, 1)
    redis.call('EXPIRE', texts, LIFETIME_S.sent_texts)
    value = value .. ' ' .. alert
  end
  redis.call('HSET', KEY.sent_messages .. incident, sent_to, value, place, value)
  redis.call('EXPIRE', KEY.sent_messages .. incident, LIFETIME_S.sent_messages)
end

local function finish(platform, priority, entry, alert, incident, place, message, sent_to, reason, time, older, follows)
  if not take_out(platform, priority, entry) then return 0 end
  local now = present(time)
  local facts = facts_of(alert)
  local pointing = false
  if message ~= '' then
    local sent_messages = KEY.sent_messages .. incident
    local before = redis.call('HGET', sent_messages, place) or redis.call('HGET', sent_messages, sent_to) or ''
    local id_before, shown_before = read_message(before)
    keep_message(incident, alert, facts, message, facts and facts.kind == 'edit' and now or '0', place, sent_to)
    -- The text stays until the line is added to it.
    pointing = follows ~= '' and facts and id_before == follows and shown_before ~= ''
    if pointing then
      add_entry(2, alert, incident, sent_to, '', 0, id_before .. ' ' .. shown_before)
    else
      release_text(incident, shown_before)
    end
  end
  if reason ~= '' then add_dead_letter(alert, incident, sent_to, reason, now) end
  if older ~= '' then release_text(incident, string.match(older, '^%S+ (.+)$') or '') end
  -- The edit of the earlier message is one more delivery of this alert, in this one's stead: the count stays as it is.
  -- Priority 2, because nobody waits for it.
  if not pointing then
    count_off(alert, platform)
  end
  if older == '' then advance(incident, place) end
  return 1
end

local finished = 0
for _, delivery in ipairs(cmsgpack.unpack(ARGV[1])) do finished = finished + finish(unpack(delivery)) end
wake_workers()
return finished
