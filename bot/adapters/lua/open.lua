-- The open records of a kind, oldest first: index and records in one round trip.
-- KEYS: the index of open records. ARGV: how the records' keys begin.
-- Returns {id, rev, doc} of each; rev and doc are empty where something else stands there.
local found = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local row = redis.pcall('HMGET', ARGV[1] .. id, 'rev', 'doc')
  if row.err then
    found[#found + 1] = {id, '', ''}
  elseif row[1] or row[2] then
    found[#found + 1] = {id, row[1] or '', row[2] or ''}
  end
end
return found
