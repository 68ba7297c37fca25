-- How things stand with places that something is on its way to.
-- KEYS[1] {subs}:places   ARGV place, exchange ('' none, 'market' any subscription), place, exchange, …
-- Returns, as one word of msgpack, for each {present place, trouble or '', subscription to the exchange or '', that to all or '', 1 when there
-- is what is needed}; an address that was given up is looked for under its new one.

local function present(place)
  for _ = 1, 5 do -- moves in a row
    local chat = string.match(place, '^[^/]+')
    local to = redis.call('GET', '{subs}:moved:' .. chat)
    if not to then return place end
    place = to .. string.sub(place, #chat + 1)
  end
  return place
end

local found = {}
for i = 1, #ARGV, 2 do
  local place, exchange = present(ARGV[i]), ARGV[i + 1]
  local troubles = redis.call('HMGET', '{subs}:trouble', place, string.match(place, '^[^/]+') .. '/*')
  local own, all, needed = false, false, true
  if exchange == 'market' then
    needed = redis.call('HEXISTS', KEYS[1], place) == 1
  elseif exchange ~= '' then
    own, all = redis.call('HGET', '{subs}:to:' .. exchange, place), redis.call('HGET', '{subs}:to:*', place)
    needed = own or all
  end
  found[#found + 1] = {place, troubles[1] or troubles[2] or '', own or '', all or '', needed and 1 or 0}
end
return cmsgpack.pack(found)
