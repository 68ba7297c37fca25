-- A delivery is over: sent, dropped or given up. Needs lanes.lua before it.
-- KEYS[1] {ob}:fan   ARGV platform, priority, entry, alert, incident, place as queued,
--                         message id ('' when none was sent), place it was sent to, seconds to remember that id,
--                         reason ('' unless given up), time of that
-- Returns 1, or 0 when it was over before.

local platform, priority, entry, alert, incident, place = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local message, sent_to, seconds, reason, now = ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11]
if not take_out(platform, priority, entry) then return 0 end
if message ~= '' then
  redis.call('HSET', '{ob}:sent:' .. incident, sent_to, message)
  redis.call('EXPIRE', '{ob}:sent:' .. incident, seconds)
end
if reason ~= '' then bury(alert, incident, sent_to, reason, now) end
count_off(alert, platform)
advance(incident, place)
ring()
return 1
