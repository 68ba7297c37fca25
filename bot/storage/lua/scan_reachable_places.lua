-- Return some of the subscribers as one word, without the places that are disabled, themselves or with their chat.
--
-- KEYS[1] keys.SUBSCRIBERS of an exchange or of '*'   ARGV cursor, about how many
-- Returns {next cursor, msgpack of {place, subscription, place, subscription, ...}}; a place may come twice.
--
-- Example: telegram:7 and telegram:8/3 subscribed and all of telegram:8 is disabled: {'0', {'telegram:7', '{}'}}.

local cursor, found = unpack(redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2]))
if redis.call('EXISTS', KEY.disabled) == 0 then return {cursor, cmsgpack.pack(found)} end

local reachable = {}
for i = 1, #found, 2 do
  local place, subscription = found[i], found[i + 1]
  local whole_chat = string.match(place, '^[^/]+') .. '/*'
  if not (redis.call('ZSCORE', KEY.disabled, place) or redis.call('ZSCORE', KEY.disabled, whole_chat)) then
    reachable[#reachable + 1] = place
    reachable[#reachable + 1] = subscription
  end
end
return {cursor, cmsgpack.pack(reachable)}
