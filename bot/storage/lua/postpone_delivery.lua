-- Postpone a claimed delivery; its lane waits with it. Needs lanes.lua before it.
--
-- KEYS[1] keys.FANOUT
-- ARGV platform, priority, entry, alert, incident, place, mention, number of the next attempt, pause (microseconds),
--      older message that it edits ('' for any other delivery), the present of a simulation ('' for this server's)
-- Returns 1, or 0 when it was over or postponed before.
--
-- Example: Telegram answers 500 to the first attempt in telegram:7. ARGV 'telegram', 1, '5-0', 'INC-1:1:post', 'INC-1',
-- 'telegram:7', '', 1, 60000000, '', '': it comes back in a minute as attempt 1, and nothing else about INC-1
-- goes to that place before.

local platform, priority, entry, alert, incident, place = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local attempt, older = tonumber(ARGV[8]), ARGV[10]
local due = string.format('%.0f', tonumber(present(ARGV[11])) + tonumber(ARGV[9]))
if not take_out(platform, priority, entry) then return 0 end
local packed = cmsgpack.pack({
  alert = alert, incident = incident, place = place, priority = priority, mention = ARGV[7], attempt = attempt,
  older = older ~= '' and older or nil,
})
redis.call('ZADD', KEY.postponed .. platform, due, packed)
if attempt > 0 then -- it failed: it is tried at once when the place can be written to again
  redis.call('SADD', KEY.failed .. place, packed)
  redis.call('EXPIRE', KEY.failed .. place, LIFETIME_S.failed)
end
if older ~= '' then return 1 end -- is in no lane
local lane = read_lane(incident, place) or {}
lane[1] = 'later ' .. packed
keep_lane(incident, place, lane)
return 1
