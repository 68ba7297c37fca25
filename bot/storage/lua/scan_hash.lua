-- Return a part of a hash as one word: a client takes ten times as long to read its fields one by one.
--
-- KEYS[1] the hash   ARGV cursor, about how many
-- Returns {next cursor, msgpack of {field, value, field, value, ...}}; a field may come twice, as with HSCAN.
--
-- Example: ARGV '0', 500 returns {'0', all of it} for a hash of 300 fields, {'352', about 500 of them} for a larger
-- one.

local cursor, found = unpack(redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2]))
return {cursor, cmsgpack.pack(found)}
