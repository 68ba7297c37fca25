-- Return the drills at an exchange of which somebody pressed something lately. Needs drills.lua before it.
--
-- KEYS[1] keys.DRILL_DAYS
-- ARGV exchange, time in microseconds or '' for this server's, days that a drill stays open, how many microseconds the
--      last press may be ago
-- Returns {the time, person, drill, person, drill, …}; a value that cannot be read is among them.
--
-- Example: {'1670940000000000', '9f31…', '1670932800000000 0 - 07b1… USDT TRON'}: one is under way since two hours.

local exchange, now, since = ARGV[1], time_us(ARGV[2]), 0
since = now - tonumber(ARGV[4])
local found = {whole(now)}
for day = day_of(now), day_of(now) - tonumber(ARGV[3]), -1 do
  local stored = redis.call('HGETALL', KEY.drills(exchange, whole(day)))
  for i = 1, #stored, 2 do
    local drill = read_drill(stored[i + 1])
    if not drill or math.max(drill.requested, drill.finished) > since then
      found[#found + 1] = stored[i]
      found[#found + 1] = stored[i + 1]
    end
  end
end
return found
