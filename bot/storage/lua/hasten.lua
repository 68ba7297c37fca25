-- Make due at once what failed in some places and was put off. Needs lanes.lua before it.
-- KEYS[1] {ob}:fan   ARGV most at a time, place...
-- Returns 1 when there may be more of it (call again), else 0.

local left = tonumber(ARGV[1])
for i = 2, #ARGV do
  local later = '{ob}:later:' .. platform_of(ARGV[i])
  for _, packed in ipairs(redis.call('SPOP', failed_in(ARGV[i]), left)) do
    left = left - 1
    if redis.call('ZADD', later, 'XX', 'CH', 0, packed) == 1 then rung[platform_of(ARGV[i])] = true end
  end
end
ring()
return left == 0 and 1 or 0
