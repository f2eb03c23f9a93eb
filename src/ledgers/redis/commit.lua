-- Commits to some partitions, one after another, each all or nothing.
-- KEYS: of each partition its counter, entries, log and names of series; then the series appended to, in the order of the appends.
-- ARGV: all of it packed. A number has 4 bytes, the weightiest first; a text follows its length.
--       How many partitions. Of each: how many commits; of each: how many writes; of each: key, the version it expects,
--       '=' and its value or '-' to delete it. Then how many appends; of each: the number of its commit, 11 characters of its
--       instant as a place begins, 4 of its index as a place ends, the series' name, its value.
-- Answers of each partition the version it had, then of each conflict the number of the commit, the key and its version.
local pack, at = ARGV[1], 1
-- Lua can hand over so many values at once; Redis takes them all.
local FIELDS_MAX = 4000
local DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'

local function number()
  local read
  read, at = struct.unpack('>I4', pack, at)
  return read
end

local function put(entries, fields)
  if #fields > 0 then redis.call('HSET', entries, unpack(fields)) end
  return {}
end

local function versionOf(entries, key)
  local held = redis.call('HGET', entries, key)
  return held and held:match('^%d+') or '0'
end

local function placeOf(version)
  local place, rest = '', tonumber(version)
  for _ = 1, 11 do
    local digit = rest % 36
    place = DIGITS:sub(digit + 1, digit + 1) .. place
    rest = (rest - digit) / 36
  end
  return place
end

-- Answers, and of each commit that won its version.
local function write(counter, entries, log)
  local before = redis.call('GET', counter) or '0'
  local version, answer, won = tonumber(before), { before }, {}
  local told, written, fields = {}, {}, {}
  for commit = 1, number() do
    local from, conflicts, writes = at, #answer, {}
    for _ = 1, number() do
      local key, expects, value
      key, expects, value, at = struct.unpack('>I4c0I4c0I4c0', pack, at)
      local held = written[key] or versionOf(entries, key)
      if held ~= expects then
        answer[#answer + 1] = commit
        answer[#answer + 1] = key
        answer[#answer + 1] = held
      end
      writes[#writes + 1] = key
      writes[#writes + 1] = value
    end
    if #answer == conflicts then
      version = version + 1
      won[commit] = string.format('%.0f', version)
      told[#told + 1] = pack:sub(from, at - 1)
      for i = 1, #writes, 2 do
        local key, value = writes[i], writes[i + 1]
        if value == '-' then
          fields = put(entries, fields)
          redis.call('HDEL', entries, key)
          written[key] = '0'
        else
          fields[#fields + 1] = key
          fields[#fields + 1] = won[commit] .. value
          written[key] = won[commit]
          if #fields >= FIELDS_MAX then fields = put(entries, fields) end
        end
      end
    end
  end
  put(entries, fields)
  if #told > 0 then
    local text = string.format('%.0f', version)
    redis.call('SET', counter, text)
    redis.call('XADD', log, text .. '-0', 'commits', table.concat(told))
  end
  return answer, won
end

local answers = {}
local partitions = number()
local series = 4 * partitions
for i = 1, partitions do
  local counter, entries, log, names = KEYS[4 * i - 3], KEYS[4 * i - 2], KEYS[4 * i - 1], KEYS[4 * i]
  local answer, won = write(counter, entries, log)
  for _ = 1, number() do
    local commit, instant, index, name, value
    commit, instant, index, name, value, at = struct.unpack('>I4c11c4I4c0I4c0', pack, at)
    series = series + 1
    if won[commit] then
      redis.call('ZADD', KEYS[series], 0, instant .. placeOf(won[commit]) .. index .. '\0' .. value)
      redis.call('ZADD', names, 0, name)
    end
  end
  answers[i] = answer
end
return answers
