-- Give numbers to slots that have none; a number given is never changed.
-- KEYS[1] <exchange>:slots   ARGV slots
-- Returns their numbers.

local numbers = {}
for i, slot in ipairs(ARGV) do
  if redis.call('HSETNX', KEYS[1], slot, redis.call('HLEN', KEYS[1])) == 1 then
    numbers[i] = redis.call('HLEN', KEYS[1]) - 1
  else
    numbers[i] = tonumber(redis.call('HGET', KEYS[1], slot))
  end
end
return numbers
