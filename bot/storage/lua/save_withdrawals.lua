-- Keep what is known of one exchange's withdrawals and add its transitions, in one step.
--
-- KEYS[1] keys.WITHDRAWALS
-- ARGV    exchange, what is known (JSON), the present of a simulation (microseconds) or '' for this server's, for how
--         long transitions are kept (microseconds), how many at most, then for each new one: its time (microseconds)
--         and itself (JSON)
-- Returns how many of the transitions were new.
--
-- Example: Gate closes USDT over Tron at 08:20: keys.WITHDRAWALS has its new state, and its transitions one more; 1.
-- The same call once more changes nothing; 0.

local exchange, known, now, span, most = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
redis.call('HSET', KEYS[1], exchange, known)
if #ARGV == 5 then return 0 end

local transitions, added = KEY.withdrawal_transitions .. exchange, 0
for i = 6, #ARGV, 2 do
  added = added + redis.call('ZADD', transitions, ARGV[i], ARGV[i + 1])
end
-- What is too old is told by this server's clock: a worker whose clock is fast forgets nothing.
local time = redis.call('TIME')
local present = now ~= '' and tonumber(now) or time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', transitions, '-inf', string.format('(%.0f', present - tonumber(span)))
redis.call('ZREMRANGEBYRANK', transitions, 0, -(tonumber(most) + 1))
redis.call('EXPIRE', transitions, LIFETIME_S.withdrawal_transitions)
return added
