-- The figures of the RedGrease engine for redis_exporter: redis_exporter -script redgrease.lua
local figures = {}
for name, value in string.gmatch(redis.call('INFO', 'rg_engine'), '(rg_[%l_]+):(%d+)\r\n') do
  if string.sub(name, -3) == '_ms' then
    name = string.sub(name, 1, -4) .. '_seconds'
    value = tostring(value / 1000)
  end
  figures[#figures + 1] = name
  figures[#figures + 1] = value
end
figures[#figures + 1] = 'rg_up'
figures[#figures + 1] = #figures > 1 and '1' or '0'
return figures
