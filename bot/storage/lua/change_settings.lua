-- Store the settings of a place, unless somebody has changed them since they were read, and record who changed what.
-- Needs settings_indexes.lua before it.
--
-- KEYS[1] keys.PLACE_SETTINGS
-- ARGV place; what was read and what is to be stored, each as {settings (JSON) or '', notices 'on' or 'off', drills
--      'on' or 'off'} in six arguments; when the next digest is due (microseconds), '' for none or '=' for
--      what it was; the most changes to keep; the changes (JSON), the newest last
-- Returns 1, or 0 when something else than what was read is stored: then nothing was changed.
--
-- Example: ARGV 'telegram:7', '', 'on', 'on', '{"quiet":"22:00-07:00"}', 'on', 'on', '', 20, '{…}' returns 1. Sent once
-- more because the reply was lost it returns 0, and what is read then is what was to be stored.

local place = ARGV[1]
local function state(is_off) return is_off == 1 and 'off' or 'on' end
local stored = {
  redis.call('HGET', KEYS[1], place) or '',
  state(redis.call('SISMEMBER', KEY.notices_off, place)),
  state(redis.call('SISMEMBER', KEY.drills_off, place)),
}
for index = 1, 3 do
  if stored[index] ~= ARGV[1 + index] then return 0 end
end

if ARGV[5] == '' then redis.call('HDEL', KEYS[1], place) else redis.call('HSET', KEYS[1], place, ARGV[5]) end
redis.call(ARGV[6] == 'off' and 'SADD' or 'SREM', KEY.notices_off, place)
redis.call(ARGV[7] == 'off' and 'SADD' or 'SREM', KEY.drills_off, place)
if ARGV[8] == '' then
  redis.call('ZREM', KEY.digests, place)
elseif ARGV[8] ~= '=' then
  redis.call('ZADD', KEY.digests, ARGV[8], place)
end
index_settings(place)
local log = KEY.setting_changes .. place
for index = 10, #ARGV do redis.call('LPUSH', log, ARGV[index]) end
redis.call('LTRIM', log, 0, tonumber(ARGV[9]) - 1)
redis.call('EXPIRE', log, LIFETIME_S.setting_changes)
return 1
