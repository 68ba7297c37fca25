-- A platform refused a message as too fast (429): pause, and go on more slowly for a while. Needs rate_limit.lua before
-- it.
--
-- KEYS[1] keys.RATE_LIMIT of the platform
-- ARGV chat, pause (microseconds), 1 when the platform meant the whole bot, else 0
-- Returns 1 when the whole bot pauses, 0 when the chat alone does.
--
-- Example: chat 7 is refused for 3 s: it alone pauses, and everybody goes on at half the rate. Chat 8 is refused half a
-- second later: now the whole bot pauses for 3 s; the rate is not halved again, since both say the same thing.

local SAME_CAUSE = 1e6 -- two chats that are refused within a second: the limit of the whole bot was meant
local SAME_REFUSAL = 5e6 -- messages under way are refused together; what they say within five seconds counts once

local chat, pause, whole_bot = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'

redis.call('ZADD', paused_chats, as_text(now + pause), chat)
redis.call('EXPIRE', paused_chats, math.max(LIFETIME_S.paused_chats, math.ceil(pause / 1e6)))

local last_chat, refused_at = redis.call('HGET', KEYS[1], 'chat'), stored('at', 0)
if last_chat and last_chat ~= chat and now - refused_at <= SAME_CAUSE then
  whole_bot = true
  pause = math.max(pause, tonumber(redis.call('ZSCORE', paused_chats, last_chat) or 0) - now) -- the longer of the two
end
if whole_bot and now + pause > stored('till', 0) then
  store('till', as_text(now + pause), 'why', 'the platform asked for a pause')
end
if now - stored('halved', 0) > SAME_REFUSAL then
  local half = string.format('%.6f', math.max(LEAST_SHARE, share() / 2))
  store('part', half, 'since', as_text(now), 'halved', as_text(now))
end
store('chat', chat, 'at', as_text(now))
return whole_bot and 1 or 0
