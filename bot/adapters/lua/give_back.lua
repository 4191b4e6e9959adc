-- Put a token back into every bucket it was taken from: no call was made with it.
-- KEYS: the buckets. ARGV: now, epoch ms; then for each bucket: burst.
-- A bucket that is full, or was forgotten, stays so; one under a penalty begins with one after it.
for i, key in ipairs(KEYS) do
  local row = redis.call('HMGET', key, 'tokens', 'until')
  local tokens = row[1] and tonumber(row[1])
  if tokens and tonumber(row[2] or 0) <= tonumber(ARGV[1]) then
    redis.call('HSET', key, 'tokens', math.min(tonumber(ARGV[i + 1]), tokens + 1))
  end
end
return 1
