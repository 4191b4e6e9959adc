-- The open records of a kind, oldest first: index and records in one round trip.
-- KEYS: the index of open records. ARGV: how the records' keys begin.
-- Returns {rev, doc} of each.
local found = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local row = redis.call('HMGET', ARGV[1] .. id, 'rev', 'doc')
  if row[1] and row[2] then
    found[#found + 1] = row
  end
end
return found
