-- One commit in one partition, or none of it.
-- KEYS: counter, entries, log, names of series, then the series appended to.
-- ARGV: how many writes; for each: key, the version it expects, '=' and its value or '-' to delete it;
--       then for each append: its instant as a place begins, its index as a place ends, the series' name, its value.
-- Answers {1, version} or {0, key, version, ...} with the keys that conflict.
local writes = tonumber(ARGV[1])
local conflicts = { 0 }
for i = 0, writes - 1 do
  local key = ARGV[2 + 3 * i]
  local held = redis.call('HGET', KEYS[2], key)
  local version = held and held:match('^%d+') or '0'
  if version ~= ARGV[3 + 3 * i] then
    conflicts[#conflicts + 1] = key
    conflicts[#conflicts + 1] = version
  end
end
if #conflicts > 1 then return conflicts end

local version = redis.call('INCR', KEYS[1])
local text = string.format('%.0f', version)
local told = {}
for i = 0, writes - 1 do
  local key, value = ARGV[2 + 3 * i], ARGV[4 + 3 * i]
  if value == '-' then redis.call('HDEL', KEYS[2], key)
  else redis.call('HSET', KEYS[2], key, text .. value) end
  told[#told + 1] = key
  told[#told + 1] = value
end
if writes == 0 then told = { '', '' } end
redis.call('XADD', KEYS[3], text .. '-0', unpack(told))

local DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'
local place, rest = '', version
for _ = 1, 11 do
  local digit = rest % 36
  place = DIGITS:sub(digit + 1, digit + 1) .. place
  rest = (rest - digit) / 36
end
local at = 2 + 3 * writes
for i = 5, #KEYS do
  redis.call('ZADD', KEYS[i], 0, ARGV[at] .. place .. ARGV[at + 1] .. '\0' .. ARGV[at + 3])
  redis.call('ZADD', KEYS[4], 0, ARGV[at + 2])
  at = at + 4
end
return { 1, text }
