-- Shared by the scripts that change, move and forget the settings of places, which stand in several keys.
--
-- keys.PLACE_SETTINGS                 place -> settings (JSON)
-- keys.NOTICES_OFF, keys.DRILLS_OFF   two settings that a fan-out asks of all places at once
-- keys.LANGUAGES_SET                  place -> its language, which a fan-out asks of all places at once
-- keys.SETTING_CHANGES of a place     who changed what
-- keys.APPROVALS of a place           what moderators were asked
-- keys.DIGESTS                        place -> when its next digest is due
-- keys.DIGESTS_TOLD                   place -> up to when the last one told
-- keys.SETTINGS_TOPICS of a chat      its topics that have any of these
--
-- Example: settings of telegram:-100/7 are moved to telegram:-200/7: each of the eight has the new name, and the old one
-- is in none of them.

local function settings_topics_of(place) return KEY.settings_topics .. string.match(place, '^[^/]+') end

local function index_settings(place)
  if string.find(place, '/', 1, true) then redis.call('SADD', settings_topics_of(place), place) end
end

-- Store settings of a place, and who changed them. `stored` has from `first` on: settings (JSON) or '', notices 'on' or
-- 'off', drills 'on' or 'off', the code of a language or ''; when the next digest is due (microseconds), '' for none or
-- '=' for what it was; the most changes to keep; the changes (JSON), the newest last.
local function store_settings(place, stored, first)
  local settings, notices, drills, language, due, most = unpack(stored, first, first + 5)
  if settings == '' then
    redis.call('HDEL', KEY.place_settings, place)
  else
    redis.call('HSET', KEY.place_settings, place, settings)
  end
  redis.call(notices == 'off' and 'SADD' or 'SREM', KEY.notices_off, place)
  redis.call(drills == 'off' and 'SADD' or 'SREM', KEY.drills_off, place)
  if language == '' then
    redis.call('HDEL', KEY.languages_set, place)
  else
    redis.call('HSET', KEY.languages_set, place, language)
  end
  if due == '' then
    redis.call('ZREM', KEY.digests, place)
  elseif due ~= '=' then
    redis.call('ZADD', KEY.digests, due, place)
  end
  index_settings(place)
  local log = KEY.setting_changes .. place
  for index = first + 6, #stored do redis.call('LPUSH', log, stored[index]) end
  redis.call('LTRIM', log, 0, tonumber(most) - 1)
  redis.call('EXPIRE', log, LIFETIME_S.setting_changes)
end

local function forget_settings(place)
  redis.call('HDEL', KEY.place_settings, place)
  redis.call('SREM', KEY.notices_off, place)
  redis.call('SREM', KEY.drills_off, place)
  redis.call('HDEL', KEY.languages_set, place)
  redis.call('ZREM', KEY.digests, place)
  redis.call('HDEL', KEY.digests_told, place)
  redis.call('DEL', KEY.setting_changes .. place, KEY.approvals .. place)
  redis.call('SREM', settings_topics_of(place), place)
end

-- Give the settings of a place to another one; settings that the other has already stay as they are.
local function move_settings(place, moved)
  local settings = redis.call('HGET', KEY.place_settings, place)
  -- Whatever was set there has a change in its log: that notices are on there is said by nothing else.
  local has_own = redis.call('HEXISTS', KEY.place_settings, moved) + redis.call('EXISTS', KEY.setting_changes .. moved)
  if settings and has_own == 0 then redis.call('HSET', KEY.place_settings, moved, settings) end
  for _, switched_off in ipairs({KEY.notices_off, KEY.drills_off}) do
    if has_own == 0 and redis.call('SISMEMBER', switched_off, place) == 1 then
      redis.call('SADD', switched_off, moved)
    end
  end
  local language = redis.call('HGET', KEY.languages_set, place)
  if language and has_own == 0 then redis.call('HSETNX', KEY.languages_set, moved, language) end
  local due = redis.call('ZSCORE', KEY.digests, place)
  if due then redis.call('ZADD', KEY.digests, 'NX', due, moved) end
  local told = redis.call('HGET', KEY.digests_told, place)
  if told then redis.call('HSETNX', KEY.digests_told, moved, told) end
  for _, of_place in ipairs({KEY.setting_changes, KEY.approvals}) do
    if redis.call('EXISTS', of_place .. place) == 1 then redis.call('RENAMENX', of_place .. place, of_place .. moved) end
  end
  forget_settings(place)
  index_settings(moved)
end
