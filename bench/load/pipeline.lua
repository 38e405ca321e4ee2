-- 16 requests in one piece.
local pieces = {}
function init(args)
  for i = 1, 16 do pieces[i] = wrk.format("GET", "/") end
  pieces = table.concat(pieces)
end
function request() return pieces end
