-- Shared by the scripts of the rate limit: the time, what is stored, and which share of the full rate is allowed.
--
-- keys.RATE_LIMIT of a platform, a hash:
--   next          when the next slot is free
--   till, why     nobody writes before that time, and for which reason
--   part, since   the share of the full rate that was allowed at a time
--   chat, at      which chat was refused with 429 (too many requests) last, and when
--   halved        when `part` was halved last
-- keys.PAUSED_CHATS of a platform: chats that asked for a pause, by its end.
-- All times are microseconds of this server's clock, so that the workers' clocks may differ.
--
-- Example: a 429 at 12:00:00 halves the share to 0.5. It grows by 1 a minute, so it is 0.75 at 12:00:15 and 1 at
-- 12:00:30.

local LEAST_SHARE = 1 / 16 -- however many 429s come, something is still sent, and tells when it is over
local RECOVERY = 60e6 -- microseconds from nothing back to the full rate

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local paused_chats = KEY.paused_chats(string.match(KEYS[1], '[^:]+$'))

local function stored(field, otherwise) return tonumber(redis.call('HGET', KEYS[1], field) or otherwise) end
-- As text, because Lua writes a large number as 1.768e+15 and loses digits.
local function as_text(number) return string.format('%.0f', number) end

-- The share of the full rate that is allowed: what was left of it after the last 429, and more with every second since.
local function share() return math.min(1, stored('part', 1) + (now - stored('since', now)) / RECOVERY) end

-- Store fields for as long as a key of the rate limit lives, or until the pause is over where that is longer.
local function store(...)
  redis.call('HSET', KEYS[1], ...)
  redis.call('EXPIRE', KEYS[1], math.max(LIFETIME_S.rate_limit, math.ceil((stored('till', 0) - now) / 1e6)))
end
