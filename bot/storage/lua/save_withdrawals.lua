-- Keep what is known of some exchanges' withdrawals and add their transitions, in one step.
--
-- KEYS[1] keys.WITHDRAWALS
-- ARGV    msgpack {now, span, most, exchanges = {{exchange, body, transitions}, ...}}
--         now   the present of a simulation (microseconds), '' for this server's
--         span  for how long transitions are kept (microseconds)
--         most  how many of one exchange at most
--         body  what is known of the exchange (JSON)
--         transitions  of each new one its time (microseconds) and itself (JSON) in turn
-- Returns how many of the transitions were new.
--
-- Example: Gate closes USDT over Tron at 08:20: keys.WITHDRAWALS has its new state, and its transitions one more; 1.
-- The same call once more changes nothing; 0.

local saved = cmsgpack.unpack(ARGV[1])
-- What is too old is told by this server's clock: a worker whose clock is fast forgets nothing.
local time = redis.call('TIME')
local now = saved.now ~= '' and tonumber(saved.now) or time[1] * 1000000 + time[2]
local oldest = string.format('(%.0f', now - tonumber(saved.span))

local added = 0
for _, known in ipairs(saved.exchanges) do
  local exchange, body, transitions = unpack(known)
  redis.call('HSET', KEYS[1], exchange, body)
  redis.call('HDEL', KEY.withdrawals_confirmed, exchange)
  local history = KEY.withdrawal_transitions .. exchange
  for i = 1, #transitions, 2 do
    added = added + redis.call('ZADD', history, transitions[i], transitions[i + 1])
  end
  if #transitions > 0 then
    redis.call('ZREMRANGEBYSCORE', history, '-inf', oldest)
    redis.call('ZREMRANGEBYRANK', history, 0, -(saved.most + 1))
    redis.call('EXPIRE', history, LIFETIME_S.withdrawal_transitions)
  end
end
return added
