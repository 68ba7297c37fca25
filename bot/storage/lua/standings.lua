-- How things stand with places that something is on its way to.
-- KEYS[1] {subs}:places   ARGV one word of msgpack: {place, exchange} ('' none, 'market' any subscription), …
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
for _, asked in ipairs(cmsgpack.unpack(ARGV[1])) do
  local place, exchange = present(asked[1]), asked[2]
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
