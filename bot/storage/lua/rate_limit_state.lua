-- Say how fast a platform is written to at present. Needs rate_limit.lua before it.
--
-- KEYS[1] keys.RATE_LIMIT of the platform
-- Returns {share of the full rate in thousandths, microseconds until somebody may write, why not before}.
--
-- Example: 15 s after a 429 that halved the rate, with no pause left: {750, 0, ''}.

local left = math.max(0, stored('till', 0) - now)
return {math.floor(share() * 1000 + 0.5), left, left > 0 and redis.call('HGET', KEYS[1], 'why') or ''}
