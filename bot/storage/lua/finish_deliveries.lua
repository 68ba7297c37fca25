-- End deliveries: each was sent, is not to be sent, or is given up. What waits behind it becomes deliverable.
-- Needs lanes.lua before it.
--
-- KEYS[1] keys.FANOUT
-- ARGV[1] msgpack, for each delivery {platform, priority, entry, alert, incident, place as queued,
--         message id ('' when none was sent), place it was sent to (another one when the chat moved),
--         reason ('' unless given up), now (microseconds, as text: a number would be rounded),
--         older message that this delivery edited ('' for any other delivery),
--         older message to edit so that it points to this one ('' for none)}
-- Returns how many were not over before: a call that is sent again because its reply was lost changes nothing.
--
-- Example: {'telegram', 0, '5-0', 'INC-1:1:post', 'INC-1', 'telegram:7', '42', 'telegram:7', '', '1768…', '', ''}:
-- message 42 is stored as the newest about INC-1 in telegram:7, the alert counts one delivery less, and the next one of
-- that place about INC-1 goes into its stream.

local function finish(platform, priority, entry, alert, incident, place, message, sent_to, reason, now, older, follows)
  if not take_out(platform, priority, entry) then return 0 end
  local facts = facts_of(alert)
  if message ~= '' then
    -- An edit also stores when: the next one waits until it is five minutes old (claim_deliveries.lua).
    local sent = facts and facts.kind == 'edit' and message .. ' ' .. now or message
    redis.call('HSET', KEY.sent_messages .. incident, sent_to, sent, place, sent)
    redis.call('EXPIRE', KEY.sent_messages .. incident, LIFETIME_S.sent_messages)
  end
  if reason ~= '' then add_dead_letter(alert, incident, sent_to, reason, now) end
  -- The edit of the older message is one more delivery of this alert, in this one's stead: the count stays as it is.
  -- Priority 2, because nobody waits for it.
  if follows ~= '' and facts then
    add_entry(2, alert, incident, sent_to, '', 0, follows)
  else
    count_off(alert, platform)
  end
  if older == '' then advance(incident, place) end
  return 1
end

local finished = 0
for _, delivery in ipairs(cmsgpack.unpack(ARGV[1])) do finished = finished + finish(unpack(delivery)) end
wake_workers()
return finished
