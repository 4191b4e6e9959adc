-- Take or renew the steward's lease.
-- KEYS: lease, epoch, clusters. ARGV: holder, ttl in ms, cluster.
-- Returns the epoch, or false when another holds it.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return false
end
if not holder then
  redis.call('INCR', KEYS[2])
  redis.call('SADD', KEYS[3], ARGV[3])
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return tonumber(redis.call('GET', KEYS[2]))
