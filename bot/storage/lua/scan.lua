-- Return some of a hash in one word: a client takes ten times as long to read them one by one.
-- KEYS[1] the hash   ARGV cursor, about how many
-- Returns {next cursor, msgpack of {field, value, field, value, ...}}

local cursor, found = unpack(redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2]))
return {cursor, cmsgpack.pack(found)}
