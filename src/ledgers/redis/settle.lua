-- What a store says of itself, made when it is new. KEYS: meta. ARGV: field, value, ... of a new store.
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('HSET', KEYS[1], unpack(ARGV)) end
return redis.call('HGETALL', KEYS[1])
