-- Takes one request from every bucket of a subject, or from none, with the
-- arithmetic of limit.Take in core/limit. All numbers are whole microseconds
-- below 2^53, which Lua's doubles hold exactly; what is stored is formatted, so
-- that no conversion on the way writes 1.7e+15.
--
-- KEYS     the buckets, one for each rule
-- ARGV[1]  the present since the Unix epoch; empty to ask the server's clock
-- ARGV[2…] of each rule, its interval and its capacity
--
-- Answers, of each rule in order: 1 when it allowed, what remains, when the
-- quota is whole again, when to try again.
local now = tonumber(ARGV[1])
-- A bucket is gone when its quota is whole again. Under another clock than the
-- server's nobody knows when that is, so it stays for long enough.
local margin = 600000
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
  margin = 0
end

local arrivals = redis.call('MGET', unpack(KEYS))
local allowed = true
local nexts, waits = {}, {}
for i = 1, #KEYS do
  local interval, capacity = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  arrivals[i] = tonumber(arrivals[i]) or 0
  nexts[i] = math.min(math.max(arrivals[i], now), now + capacity) + interval
  waits[i] = nexts[i] - capacity - now
  allowed = allowed and waits[i] <= 0
end

local answer = {}
for i = 1, #KEYS do
  local interval, capacity = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local arrival = allowed and nexts[i] or arrivals[i]
  local ahead = math.min(math.max(arrival - now, 0), capacity)
  if allowed then
    local lifetime = math.ceil(ahead / 1000) + margin
    redis.call('SET', KEYS[i], string.format('%.0f', arrival), 'PX', string.format('%.0f', lifetime))
  end
  answer[#answer + 1] = waits[i] <= 0 and 1 or 0
  answer[#answer + 1] = math.floor((capacity - ahead) / interval)
  answer[#answer + 1] = ahead
  answer[#answer + 1] = math.max(waits[i], 0)
end
return answer
