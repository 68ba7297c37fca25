-- Set how long taken entries count as idle: 0 for those a living worker still has in hand, much for those it hands back.
-- KEYS[1] a stream   ARGV idle milliseconds, entries…
-- Returns nothing: an entry that is over is no fault.

local idle = table.remove(ARGV, 1)
if redis.call('EXISTS', KEYS[1]) == 1 and #ARGV > 0 then
  local words = {'XCLAIM', KEYS[1], 'couriers', 'courier', 0, unpack(ARGV)}
  words[#words + 1], words[#words + 2], words[#words + 3] = 'IDLE', idle, 'JUSTID'
  redis.call(unpack(words))
end
