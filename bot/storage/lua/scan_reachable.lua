-- Return some of who subscribed in one word, without the places that are disabled, themselves or with their chat.
-- KEYS[1] {subs}:to:<exchange|*>   ARGV cursor, about how many
-- Returns {next cursor, msgpack of {place, subscription, place, subscription, ...}}

local disabled = '{subs}:disabled'
local cursor, found = unpack(redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2]))
if redis.call('EXISTS', disabled) == 0 then return {cursor, cmsgpack.pack(found)} end

local reachable = {}
for i = 1, #found, 2 do
  local place = found[i]
  local whole_chat = string.match(place, '^[^/]+') .. '/*'
  if not (redis.call('ZSCORE', disabled, place) or redis.call('ZSCORE', disabled, whole_chat)) then
    reachable[#reachable + 1] = place
    reachable[#reachable + 1] = found[i + 1]
  end
end
return {cursor, cmsgpack.pack(reachable)}
