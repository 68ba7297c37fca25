-- Return the settings of places.
--
-- KEYS[1] keys.PLACE_SETTINGS   ARGV the places
-- Returns for each place {settings (JSON) or '', 1 when notices are off, 1 when drills are off, its language or ''}.
--
-- Example: ARGV 'telegram:7', which switched notices off and changed nothing else: {{'', 1, 0, ''}}.

local settings = {}
for _, place in ipairs(ARGV) do
  settings[#settings + 1] = {
    redis.call('HGET', KEYS[1], place) or '',
    redis.call('SISMEMBER', KEY.notices_off, place),
    redis.call('SISMEMBER', KEY.drills_off, place),
    redis.call('HGET', KEY.languages_set, place) or '',
  }
end
return settings
