-- Leave a heartbeat; forget those that went stale an hour ago. One clock: the server's.
-- KEYS: beats, clusters. ARGV: member, ttl in ms, cluster.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[2], now, ARGV[3])
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 3600000)
return 1
