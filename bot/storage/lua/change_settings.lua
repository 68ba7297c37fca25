-- Store the settings of a place, unless somebody has changed them since they were read, and record who changed what.
-- Needs settings_indexes.lua before it.
--
-- KEYS[1] keys.PLACE_SETTINGS
-- ARGV place; what was read as {settings (JSON) or '', notices 'on' or 'off', drills 'on' or 'off', language or ''} in
--      four arguments; what is to be stored, as for store_settings
-- Returns 1, or 0 when something else than what was read is stored: then nothing was changed.
--
-- Example: ARGV 'telegram:7', '', 'on', 'on', '', '{"quiet":"22:00-07:00"}', 'on', 'on', '', '', 20, '{…}' returns 1.
-- Sent once more because the reply was lost it returns 0, and what is read then is what was to be stored.

local place = ARGV[1]
local function state(is_off) return is_off == 1 and 'off' or 'on' end
local stored = {
  redis.call('HGET', KEYS[1], place) or '',
  state(redis.call('SISMEMBER', KEY.notices_off, place)),
  state(redis.call('SISMEMBER', KEY.drills_off, place)),
  redis.call('HGET', KEY.languages_set, place) or '',
}
for index = 1, 4 do
  if stored[index] ~= ARGV[1 + index] then return 0 end
end

store_settings(place, ARGV, 6)
return 1
