-- Give numbers to slots that have none; a number given is never changed.
-- KEYS[1] <exchange>:slots   ARGV slots
-- Returns nothing.

for _, slot in ipairs(ARGV) do redis.call('HSETNX', KEYS[1], slot, redis.call('HLEN', KEYS[1])) end
