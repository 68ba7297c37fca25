-- Delete every drill of a person.
--
-- KEYS[1] keys.DRILL_DAYS   ARGV person
-- Returns how many there were.
--
-- Example: two drills at binance and one at okx in the last 30 days: 3, and no key has the person any more.

local removed = 0
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local exchange, day = string.match(name, '^(.*):(%d+)$')
  removed = removed + redis.call('HDEL', KEY.drills(exchange, day), ARGV[1])
end
return removed
