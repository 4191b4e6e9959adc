-- Take or renew the steward's lease.
-- KEYS: lease, epoch. ARGV: holder, ttl in ms.
-- Returns the epoch, or false when another holds it.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return false
end
if not holder then
  redis.call('INCR', KEYS[2])
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return tonumber(redis.call('GET', KEYS[2]))
