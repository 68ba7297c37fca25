-- Put a delivery off; its lane waits with it. Needs lanes.lua before it.
-- KEYS[1] {ob}:fan   ARGV platform, priority, entry, alert, incident, place, mention, attempt to come,
--                         due (microseconds), the older message that it tells of a newer one ('' for any other delivery)
-- Returns 1, or 0 when it was over or put off before.

local platform, priority, entry, alert, incident, place = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if not take_out(platform, priority, entry) then return 0 end
local packed = cmsgpack.pack({
  alert = alert, incident = incident, place = place, priority = priority, mention = ARGV[7], attempt = tonumber(ARGV[8]),
  older = ARGV[10] ~= '' and ARGV[10] or nil,
})
redis.call('ZADD', '{ob}:later:' .. platform, ARGV[9], packed)
if tonumber(ARGV[8]) > 0 then
  redis.call('SADD', failed_in(place), packed)
  redis.call('EXPIRE', failed_in(place), LANES_LIVE)
end
if ARGV[10] ~= '' then return 1 end
local lane = redis.call('HGET', lanes_of(incident), place)
lane = lane and cmsgpack.unpack(lane) or {}
lane[1] = 'later'
keep_lane(incident, place, lane)
return 1
