-- Give numbers to slots that have none. A number given is never changed: stored readings refer to it.
--
-- KEYS[1] keys.SLOTS of an exchange   ARGV slots
-- Returns nothing.
--
-- Example: 2 slots have the numbers 0 and 1. ARGV '["tron","USDT"]', one of them known, '["base","ETH"]', new: it gets
-- 2.

for _, slot in ipairs(ARGV) do redis.call('HSETNX', KEYS[1], slot, redis.call('HLEN', KEYS[1])) end
