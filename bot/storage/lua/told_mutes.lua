-- Forget a mute that is over, with what was missed: it was told. Needs mutes.lua before it.
--
-- KEYS[1] keys.MUTE_ENDS
-- ARGV place, then for each mute and each missed incident: 'mute' or 'missed', its field, its value as it was read
-- Returns how many were forgotten; what is another value by now stays.
--
-- Example: 'telegram:-100', 'mute', 'binance', '1768068000000000 …', 'missed', 'INC-42:normal', '3 binance' returns 2.
-- Had binance been muted anew meanwhile, its mute would stay, and the answer would be 1.

local place, forgotten = ARGV[1], 0
for i = 2, #ARGV, 3 do
  local is_mute, field = ARGV[i] == 'mute', ARGV[i + 1]
  local key = (is_mute and KEY.mutes or KEY.missed) .. place
  if redis.call('HGET', key, field) == ARGV[i + 2] then
    forgotten = forgotten + 1
    if is_mute then forget_mute(place, field) else redis.call('HDEL', key, field) end
  end
end
return forgotten
