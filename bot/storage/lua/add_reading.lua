-- Keep one reading, unless it is known, a repetition of the one before it, or too old (keep_reading.lua).
--
-- KEYS[1] keys.READINGS of an exchange
-- ARGV the exchange's keys.DAILY_READINGS, as_of, start of its UTC day, start of the next one, bytes of the header,
--      spans of both sets (all times microseconds), the reading
-- Returns 1 when it was kept, else 0.
--
-- Example: a reading of 1 June 00:10 comes twice: 1, then 0.

local days, as_of, day, next_day, header, detail_span, days_span, blob = unpack(ARGV)
local sets = {
  detail = KEYS[1], days = days, header = tonumber(header), detail_span = detail_span, days_span = days_span,
}
return keep_reading(sets, as_of, day, next_day, blob)
