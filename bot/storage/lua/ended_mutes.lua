-- Return mutes that are over and of which was not told yet, with what was missed. Needs mutes.lua before it.
--
-- KEYS[1] keys.MUTE_ENDS   ARGV most mutes, the present of a simulation ('' for this server's)
-- Returns {{place, exchange, mute, {incident, missed, …}}, …}, those that ended first first. What another mute of
--         the place goes on stopping is left out.
--
-- Example: binance was muted in telegram:-100 until now, and INC-42 became severe meanwhile: {{'telegram:-100',
-- 'binance', '1768068000000000 …', {'INC-42:normal', '3 binance'}}}.

local now, ended = store_time(ARGV[2]), {}
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local place, exchange = string.match(member, '^(%S+) (.+)$')
  local value = place and redis.call('HGET', KEY.mutes .. place, exchange)
  if value then
    local missed, found = redis.call('HGETALL', KEY.missed .. place), {}
    for i = 1, #missed, 2 do
      local about = string.match(missed[i + 1], '^%d (.+)$') or ''
      if (exchange == '*' or exchange == about) and not is_muted(place, about, now) then
        found[#found + 1] = missed[i]
        found[#found + 1] = missed[i + 1]
      end
    end
    ended[#ended + 1] = {place, exchange, value, found}
  else -- what is kept of the place has expired, or was deleted by hand
    redis.call('ZREM', KEYS[1], member)
  end
end
return ended
