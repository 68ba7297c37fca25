-- Replace the value of a hash's field, unless somebody has changed it since it was read.
--
-- KEYS[1] a hash   ARGV the field, its value as it was read, its new value
-- Returns 1 when it was replaced, else 0.
--
-- Example: ARGV '7', '{"told":1}', '{"announced":1}': INC-7 has its new layout. Where another worker had given it that
-- before and changed it since, its change stays. Returns 0 then.

if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
