-- Set for how long taken deliveries count as untouched. Nobody else takes a delivery before that time is longer than a
-- worker may be silent: 0 renews what a living worker has in hand, a day hands it back to whoever takes next.
--
-- KEYS[1] keys.DELIVERIES, one stream   ARGV idle milliseconds, entries…
-- Returns nothing: an entry that is over is no fault.
--
-- Example: ARGV 0, '5-0', '6-0' of a worker that still sends both: they stay its own for 10 s more.

local GROUP, CONSUMER = 'couriers', 'courier' -- as in lanes.lua

local idle = table.remove(ARGV, 1)
if redis.call('EXISTS', KEYS[1]) == 1 and #ARGV > 0 then
  -- JUSTID: neither the entry nor the count of its deliveries is touched, since nobody takes it anew.
  local words = {'XCLAIM', KEYS[1], GROUP, CONSUMER, 0, unpack(ARGV)}
  words[#words + 1], words[#words + 2], words[#words + 3] = 'IDLE', idle, 'JUSTID'
  redis.call(unpack(words))
end
