-- Asks for the addresses in a file, one after the other; headers come from the command line.
-- Requests are written ahead, so that the client has nothing to do while it measures.
local requests, position = {}, 0

init = function(args)
  for path in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", path)
  end
end

request = function()
  position = position % #requests + 1
  return requests[position]
end

done = function(summary)
  local errors = summary.errors
  local bad = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("\nmeasured %d %d %d %d\n",
    summary.requests, summary.duration, summary.bytes, bad))
end
