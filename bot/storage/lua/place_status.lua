-- Say how things stand with places that something is on its way to: where each is now, whether it can be reached, and
-- whether it still wants it. Needs mutes.lua before it.
--
-- KEYS[1] keys.PLACES
-- ARGV[1] msgpack {{place, what has to be subscribed}, …}: an exchange, 'market' any subscription, '' none
-- ARGV[2] the present of a simulation ('' for this server's)
-- Returns msgpack, for each {present place, trouble (JSON) or '', subscription to the exchange or '', that to all
--         or '', 1 when there is what is needed, else 0, mute of the exchange or '', that of all or ''}. An address
--         that was given up is looked for under its new one. A mute that is over is none.
--
-- Example: {{'telegram:-5/7', 'binance'}} after that group moved, with a subscription to everything there:
-- {{'telegram:-1005/7', '', '', '{}', 1, '', ''}}.

local MOST_MOVES = 5 -- in a row

local function present(place)
  for _ = 1, MOST_MOVES do
    local chat = string.match(place, '^[^/]+')
    local to = redis.call('GET', KEY.new_address .. chat)
    if not to then return place end
    place = to .. string.sub(place, #chat + 1) -- the topic stays
  end
  return place
end

local statuses, now = {}, store_time(ARGV[2])
for _, asked in ipairs(cmsgpack.unpack(ARGV[1])) do
  local place, exchange = present(asked[1]), asked[2]
  -- '/*': what is wrong with a whole chat is wrong with its topics too.
  local troubles = redis.call('HMGET', KEY.trouble, place, string.match(place, '^[^/]+') .. '/*')
  local own, all, has_needed = false, false, true
  if exchange == 'market' then
    has_needed = redis.call('HEXISTS', KEYS[1], place) == 1
  elseif exchange ~= '' then
    own = redis.call('HGET', KEY.subscribers .. exchange, place)
    all = redis.call('HGET', KEY.subscribers .. '*', place)
    has_needed = own or all
  end
  local mutes = exchange ~= '' and redis.call('HMGET', KEY.mutes .. place, exchange, '*') or {}
  local muted, all_muted = lasts(mutes[1], now) and mutes[1] or '', lasts(mutes[2], now) and mutes[2] or ''
  statuses[#statuses + 1] = {place, troubles[1] or troubles[2] or '', own or '', all or '', has_needed and 1 or 0,
    muted, all_muted}
end
return cmsgpack.pack(statuses)
