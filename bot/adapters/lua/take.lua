-- Take one token from every bucket, or none.
-- KEYS: the buckets. ARGV[1]: now, epoch ms; then for each bucket: tokens per second, burst.
-- Returns 0, or how many ms to wait. A clock that is behind another's gives no tokens, takes none.
local now = tonumber(ARGV[1])
local wait = 0
local state = {}
for i, key in ipairs(KEYS) do
  local rate, burst = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local row = redis.call('HMGET', key, 'tokens', 'at', 'until')
  local tokens, at = tonumber(row[1] or burst), tonumber(row[2] or now)
  tokens = math.min(burst, tokens + math.max(0, now - at) / 1000 * rate)
  at = math.max(at, now)
  if tokens < 1 then
    wait = math.max(wait, math.ceil((1 - tokens) / rate * 1000))
  end
  wait = math.max(wait, tonumber(row[3] or now) - now)
  state[i] = {tokens, at, math.ceil(burst / rate * 1000) + 1000}
end
if wait > 0 then
  return wait
end
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, 'tokens', state[i][1] - 1, 'at', state[i][2])
  redis.call('PEXPIRE', key, state[i][3])
end
return 0
