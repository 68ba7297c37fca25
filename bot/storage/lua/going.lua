-- How a platform is written to at present. Needs pace.lua before it.
-- KEYS[1] {pace}:<platform>
-- Returns {part of the full pace in thousandths, microseconds until somebody may write, why not before}.

local left = math.max(0, known('till', 0) - now)
return {math.floor(part() * 1000 + 0.5), left, left > 0 and redis.call('HGET', KEYS[1], 'why') or ''}
