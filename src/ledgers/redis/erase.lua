-- Takes entries out of a series. KEYS: names of series, the series. ARGV: the series' name, the first place to keep or '' for none.
if ARGV[2] == '' then redis.call('DEL', KEYS[2])
else redis.call('ZREMRANGEBYLEX', KEYS[2], '-', '(' .. ARGV[2]) end
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('ZREM', KEYS[1], ARGV[1]) end
return 1
