-- Gives one request back to every bucket of a subject, with the arithmetic of
-- limit.GiveBack in core/limit. Keys and arguments are those of limiter.lua.
--
-- Answers nothing.
local now = tonumber(ARGV[1])
local margin = 600000
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
  margin = 0
end

for i = 1, #KEYS do
  local arrival = tonumber(redis.call('GET', KEYS[i]) or nil)
  if arrival then
    local earlier = math.max(arrival - tonumber(ARGV[2 * i]), math.min(arrival, now))
    local lifetime = math.max(math.ceil((earlier - now) / 1000), 1) + margin
    redis.call('SET', KEYS[i], string.format('%.0f', earlier), 'PX', string.format('%.0f', lifetime))
  end
end
return {}
