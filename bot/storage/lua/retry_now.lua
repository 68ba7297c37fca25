-- Make due at once what failed in places and was postponed: they can be written to again. Needs lanes.lua before it.
--
-- KEYS[1] keys.FANOUT   ARGV most deliveries per call, place...
-- Returns 1 when there may be more of them (call again), else 0.
--
-- Example: a group that had blocked the bot lets it in again, and 3 alerts wait for it until 14:00. ARGV 500,
-- 'telegram:-100123/7': the three are due now, and the workers for Telegram wake up. Returns 0.

local left = tonumber(ARGV[1])
for i = 2, #ARGV do
  local platform = platform_of(ARGV[i])
  for _, packed in ipairs(redis.call('SPOP', KEY.failed .. ARGV[i], left)) do
    left = left - 1
    -- XX: what has left `postponed` meanwhile does not come back.
    if redis.call('ZADD', KEY.postponed .. platform, 'XX', 'CH', 0, packed) == 1 then to_wake[platform] = true end
  end
end
wake_workers()
return left == 0 and 1 or 0
