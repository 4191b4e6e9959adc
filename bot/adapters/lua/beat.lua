-- Leave a heartbeat and the process's troubles; forget those that went stale an hour ago. One clock:
-- the server's.
-- KEYS: beats, clusters, troubles. ARGV: member, ttl in ms, cluster, troubles as JSON or nothing.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[2], now, ARGV[3])
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
if ARGV[4] == '' then
  redis.call('HDEL', KEYS[3], ARGV[1])
else
  redis.call('HSET', KEYS[3], ARGV[1], ARGV[4])
end
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - 3600000)) do
  redis.call('ZREM', KEYS[1], member)
  redis.call('HDEL', KEYS[3], member)
end
return 1
