-- Deliveries are over: sent, dropped or given up. Needs lanes.lua before it.
-- KEYS[1] {ob}:fan   ARGV one word of msgpack, for each {platform, priority, entry, alert, incident, place as queued,
--                         message id ('' when none was sent), place it was sent to, seconds to remember that id,
--                         reason ('' unless given up), the present, the older message that it told of a newer one
--                         ('' for any other delivery), the older message that is to be told of this one ('' for none)}
-- Returns how many were not over before.

local function finish(platform, priority, entry, alert, incident, place, message, sent_to, seconds, reason, now, older,
    leaves)
  if not take_out(platform, priority, entry) then return 0 end
  local facts = facts_of(alert)
  if message ~= '' then
    local sent = facts and facts.kind == 'edit' and message .. ' ' .. now or message
    redis.call('HSET', '{ob}:sent:' .. incident, sent_to, sent, place, sent)
    redis.call('EXPIRE', '{ob}:sent:' .. incident, seconds)
  end
  if reason ~= '' then bury(alert, incident, sent_to, reason, now) end
  if leaves ~= '' and facts then
    push(2, alert, incident, sent_to, '', 0, leaves)
  else
    count_off(alert, platform)
  end
  if older == '' then advance(incident, place) end
  return 1
end

local over = 0
for _, one in ipairs(cmsgpack.unpack(ARGV[1])) do over = over + finish(unpack(one)) end
ring()
return over
