-- Record what became of digests that were due.
--
-- KEYS[1] keys.DIGESTS
-- ARGV[1] msgpack {{place, when it was due, when the next one is due or '' for none, up to when it told and the first
--         that was left out}, …} (microseconds as texts, the last two in one, '0' for none)
-- Returns nothing. A place whose time has changed meanwhile, or that is gone, stays as it is.
--
-- Example: {{'telegram:7', '1796025600000000', '1796112000000000', '1796025600000000 0'}}.

for _, step in ipairs(cmsgpack.unpack(ARGV[1])) do
  local place, due, next_due, told = unpack(step)
  local stored = redis.call('ZSCORE', KEYS[1], place)
  if stored and tonumber(stored) == tonumber(due) then
    if next_due == '' then
      redis.call('ZREM', KEYS[1], place)
    else
      redis.call('ZADD', KEYS[1], next_due, place)
    end
    redis.call('HSET', KEY.digests_told, place, told)
  end
end
