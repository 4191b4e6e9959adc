-- One transaction of the record store: every guard first, then every effect.
--
-- ARGV[1]: the program, JSON; where it says `key` (or holds the first element of a triple) it means
-- an index into KEYS. Numbers travel as strings: cjson would turn them into floats.
-- ARGV[2..]: the records' JSON, never parsed here.
-- Returns nothing when applied, else {guard, found}; for `audit` {guard, seq, hash} of the head.
local program = cjson.decode(ARGV[1])

-- The client may send the same transaction again when the reply was lost.
if redis.call('EXISTS', KEYS[program.nonce]) == 1 then
  return {}
end

if program.fence then
  local epoch = redis.call('GET', KEYS[program.fence.key]) or '0'
  if epoch ~= program.fence.epoch then
    return {'epoch', epoch}
  end
end
for _, once in ipairs(program.once) do
  local first = redis.call('GET', KEYS[once.key])
  if first then
    return {'once', first}
  end
end
for _, put in ipairs(program.puts) do
  local rev = redis.call('HGET', KEYS[put.key], 'rev') or '0'
  if rev ~= put.rev then
    return {'rev', put.id}
  end
end
if program.asked then
  local count = redis.call('GET', KEYS[program.asked.key]) or '0'
  if count ~= program.asked.count then
    return {'asked', count}
  end
end
local live = KEYS[program.live]
if program.claim then
  local holder = redis.call('HGET', live, program.claim[1])
  if holder and holder ~= program.claim[2] then
    return {'live', holder}
  end
end

-- Last: whoever loses this race alone links its entries to the head that it is told, and tries again.
local audit = program.audit
if audit then
  local head = redis.call('HMGET', KEYS[audit.head], 'seq', 'hash')
  local seq, hash = head[1], head[2]
  if not seq or not hash then
    -- The head is gone, or nothing was ever written: go on after the last entry there is.
    local last = redis.call('LINDEX', KEYS[audit.list], -1)
    seq, hash = tostring(redis.call('LLEN', KEYS[audit.list])), ''
    if last then
      local readable, entry = pcall(cjson.decode, last)
      if readable and type(entry) == 'table' and type(entry.seq) == 'number' then
        seq, hash = string.format('%.0f', entry.seq), tostring(entry.hash)
      end
    end
  end
  if seq ~= audit.seq or hash ~= audit.hash then
    return {'audit', seq, hash}
  end
end

redis.call('SET', KEYS[program.nonce], '1', 'EX', 60)
for _, once in ipairs(program.once) do
  redis.call('SET', KEYS[once.key], once.value, 'PX', once.ttl)
end
for _, put in ipairs(program.puts) do
  redis.call('HSET', KEYS[put.key], 'rev', put.next, 'doc', ARGV[put.doc])
  if put.ttl then
    redis.call('PEXPIRE', KEYS[put.key], put.ttl)
  else
    redis.call('PERSIST', KEYS[put.key])
  end
end
for _, row in ipairs(program.zrem) do
  redis.call('ZREM', KEYS[row[1]], row[2])
end
for _, row in ipairs(program.zadd) do
  redis.call('ZADD', KEYS[row[1]], row[2], row[3])
end
for _, row in ipairs(program.ztrim) do
  redis.call('ZREMRANGEBYSCORE', KEYS[row[1]], '-inf', row[2])
end
for _, row in ipairs(program.hset) do
  redis.call('HSET', KEYS[row[1]], row[2], row[3])
end
for _, key in ipairs(program.incr) do
  redis.call('INCR', KEYS[key])
end
if audit then
  for _, line in ipairs(audit.lines) do
    redis.call('RPUSH', KEYS[audit.list], ARGV[line])
  end
  redis.call('HSET', KEYS[audit.head], 'seq', audit.next_seq, 'hash', audit.next_hash)
end
if program.release and redis.call('HGET', live, program.release[1]) == program.release[2] then
  redis.call('HDEL', live, program.release[1])
end
if program.claim then
  redis.call('HSET', live, program.claim[1], program.claim[2])
end
if program.take_over then
  redis.call('HSET', live, program.take_over[1], program.take_over[2])
end
return {}
