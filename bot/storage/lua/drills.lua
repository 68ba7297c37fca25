-- Shared by the scripts of drills, which are put behind it: the time, and the newest drill of a person.
--
-- A day's hash has a drill a person: when it was requested and when it was finished (microseconds, 0 for not yet), its
-- outcome, community, asset and network, '-' for what is not known.
--
-- Example: '1670932800000000 1670933480000000 arrived 07b1… USDT TRON' took 11 min 20 s.

local DAY_US = 86400000000

-- Returns the time in microseconds: what a simulation gave, else that of this server.
local function time_us(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

local function whole(number) return string.format('%.0f', number) end

local function day_of(time) return math.floor(time / DAY_US) end

-- Returns a drill as a table, nil for a value that cannot be read.
local function read_drill(value)
  local requested, finished, outcome, rest = string.match(value, '^(%d+) (%d+) ([%l-]+) (%S+ %S+ %S+)$')
  if not requested then return nil end
  return {requested = tonumber(requested), finished = tonumber(finished), outcome = outcome, rest = rest, value = value}
end

-- Returns the newest drill of a person that was requested in the last `span` microseconds, nil when there is none.
local function newest_drill(exchange, person, now, span)
  for day = day_of(now), day_of(now - span), -1 do
    local key = KEY.drills(exchange, whole(day))
    local value = redis.call('HGET', key, person)
    local drill = value and read_drill(value)
    if drill and now - drill.requested <= span then
      drill.key, drill.day = key, day
      return drill
    end
  end
end
