-- Give no token before a moment, and start with an empty bucket then.
-- KEYS: bucket. ARGV: until, epoch ms; ttl in ms.
local known = tonumber(redis.call('HGET', KEYS[1], 'until') or 0)
local moment = math.max(known, tonumber(ARGV[1]))
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', moment), 'tokens', 1,
  'at', string.format('%.0f', moment))
redis.call('PEXPIRE', KEYS[1], math.max(tonumber(ARGV[2]), redis.call('PTTL', KEYS[1])))
return 1
