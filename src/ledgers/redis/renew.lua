-- A new epoch, once. KEYS: meta. ARGV: the epoch that is no longer right, the next one. Answers the epoch that holds.
if redis.call('HGET', KEYS[1], 'epoch') == ARGV[1] then redis.call('HSET', KEYS[1], 'epoch', ARGV[2]) end
return redis.call('HGET', KEYS[1], 'epoch')
