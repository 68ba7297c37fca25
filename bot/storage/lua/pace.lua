-- What the scripts of the pace share: when it is, how much of the full pace is allowed, and how long that is kept.
-- {pace}:<platform>         hash: next (when the next turn is free), till and why (nobody writes before), part and since
--                           (a share of the full pace at a time), chat and at (of the last 429), halved (when)
-- {pace}:<platform>:paused  sorted set: chats that asked for a pause, by its end
-- All times are microseconds of this server's clock, so that the workers' clocks may differ.

local KEPT = 2 * 86400
local LEAST, RECOVERY = 1 / 16, 60e6

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local paused = KEYS[1] .. ':paused'

local function known(field, otherwise) return tonumber(redis.call('HGET', KEYS[1], field) or otherwise) end
local function written(number) return string.format('%.0f', number) end

-- The share of the full pace that is allowed: what was left of it after the last 429, and more with every second since.
local function part() return math.min(1, known('part', 1) + (now - known('since', now)) / RECOVERY) end

local function keep(...)
  redis.call('HSET', KEYS[1], ...)
  redis.call('EXPIRE', KEYS[1], math.max(KEPT, math.ceil((known('till', 0) - now) / 1e6)))
end
