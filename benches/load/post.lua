-- Sends each presigned webhook of a file once; with several threads, thread n takes every n-th.
local threads = 0
function setup(thread)
  thread:set("offset", threads)
  threads = threads + 1
end
function init(args)
  local step, at = tonumber(args[2] or 1), 0
  requests, nextone = {}, 0
  for line in io.lines(args[1]) do
    if at % step == offset then
      local stamp, signature, body = line:match("^(.-)\t(.-)\t(.*)$")
      requests[#requests + 1] = wrk.format("POST", nil, {
        ["content-type"] = "application/json",
        ["x-zendesk-webhook-signature-timestamp"] = stamp,
        ["x-zendesk-webhook-signature"] = signature,
      }, body)
    end
    at = at + 1
  end
end
function request()
  nextone = nextone % #requests + 1
  return requests[nextone]
end
