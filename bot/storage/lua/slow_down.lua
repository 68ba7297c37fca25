-- A platform said that we are too fast: pause, and go on more slowly for a while. Needs pace.lua before it.
-- KEYS[1] {pace}:<platform>   ARGV chat, pause (microseconds), 1 when the platform meant the whole bot
-- Two chats that say so within a second mean the bot. What is said within five seconds is said once.

local TOGETHER, AT_ONCE = 1e6, 5e6
local chat, pause, everywhere = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'

redis.call('ZADD', paused, written(now + pause), chat)
redis.call('EXPIRE', paused, math.max(KEPT, math.ceil(pause / 1e6)))

local last, at = redis.call('HGET', KEYS[1], 'chat'), known('at', 0)
if last and last ~= chat and now - at <= TOGETHER then
  everywhere = true
  pause = math.max(pause, tonumber(redis.call('ZSCORE', paused, last) or 0) - now)
end
if everywhere and now + pause > known('till', 0) then
  keep('till', written(now + pause), 'why', 'the platform asked for a pause')
end
if now - known('halved', 0) > AT_ONCE then
  keep('part', string.format('%.6f', math.max(LEAST, part() / 2)), 'since', written(now), 'halved', written(now))
end
keep('chat', chat, 'at', written(now))
return everywhere and 1 or 0
