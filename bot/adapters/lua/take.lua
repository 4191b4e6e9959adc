-- Take one token from every bucket, or none.
-- KEYS: the buckets. ARGV[1]: now, epoch ms; ARGV[2]: '1' for who is urgent; then for each bucket:
-- tokens per second, burst.
-- Returns 0, or how many ms to wait. A clock that is behind another's gives no tokens, takes none.
-- Who is urgent and has to wait has the next token kept: `kept` is until when nobody else gets one.
-- Else whoever happens to come at the right moment would take it, again and again.
local now = tonumber(ARGV[1])
local urgent = ARGV[2] == '1'
local GRACE = 1500 -- ms after the token is there, in which who waits for it comes back
local wait = 0
local state = {}
for i, key in ipairs(KEYS) do
  local rate, burst = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
  local row = redis.call('HMGET', key, 'tokens', 'at', 'until', 'kept')
  local tokens, at = tonumber(row[1] or burst), tonumber(row[2] or now)
  tokens = math.min(burst, tokens + math.max(0, now - at) / 1000 * rate)
  at = math.max(at, now)
  local mine = math.max(0, tonumber(row[3] or now) - now)
  if tokens < 1 then
    mine = math.max(mine, math.ceil((1 - tokens) / rate * 1000))
  end
  state[i] = {tokens, at, math.ceil(burst / rate * 1000) + 1000, mine}
  if not urgent then
    mine = math.max(mine, tonumber(row[4] or now) - now)
  end
  wait = math.max(wait, mine)
end
if wait > 0 then
  for i, key in ipairs(KEYS) do
    if urgent and state[i][4] > 0 then
      redis.call('HSET', key, 'kept', now + state[i][4] + GRACE)
      -- as long as a penalty, should there be one
      redis.call('PEXPIRE', key, math.max(redis.call('PTTL', key), state[i][3] + state[i][4]))
    end
  end
  return wait
end
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, 'tokens', state[i][1] - 1, 'at', state[i][2])
  redis.call('PEXPIRE', key, state[i][3])
end
return 0
