-- Let no worker write to a platform for a while. Needs rate_limit.lua before it.
--
-- KEYS[1] keys.RATE_LIMIT of the platform   ARGV pause (microseconds), why
-- Returns nothing. A pause that ends later already stays as it is.
--
-- Example: ARGV 60000000, 'it does not answer': every turn that is reserved from now on is a minute away or more.

local till = now + tonumber(ARGV[1])
if till > stored('till', 0) then store('till', as_text(till), 'why', ARGV[2]) end
