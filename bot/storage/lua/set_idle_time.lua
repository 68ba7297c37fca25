-- Set for how long claimed deliveries count as idle. Nobody else claims a delivery before that time is longer than a
-- claim lasts: 0 renews the claims of a living worker, a day returns them, so that anybody may claim the deliveries.
--
-- KEYS[1] keys.DELIVERIES, one stream   ARGV idle milliseconds, entries…
-- Returns nothing: an entry that is over is no fault.
--
-- Example: ARGV 0, '5-0', '6-0' of a worker that still sends both: they stay its own for 10 s more.

local GROUP, CONSUMER = 'couriers', 'courier' -- as in lanes.lua

local idle = table.remove(ARGV, 1)
if redis.call('EXISTS', KEYS[1]) == 1 and #ARGV > 0 then
  -- JUSTID: neither the entry nor the count of its deliveries is touched, since nobody claims it anew.
  local words = {'XCLAIM', KEYS[1], GROUP, CONSUMER, 0, unpack(ARGV)}
  words[#words + 1], words[#words + 2], words[#words + 3] = 'IDLE', idle, 'JUSTID'
  redis.call(unpack(words))
end
