-- A partition's entries as they are now, under another key. KEYS: counter, entries, where the picture goes.
-- ARGV: seconds after which a picture that nobody took away is dropped. Answers the position and how many keys there are.
redis.call('COPY', KEYS[2], KEYS[3], 'REPLACE')
redis.call('EXPIRE', KEYS[3], ARGV[1])
return { redis.call('GET', KEYS[1]) or '0', redis.call('HLEN', KEYS[3]) }
