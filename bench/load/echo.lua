-- A POST of 1 KiB of JSON, 16 members.
local members = {}
for i = 1, 16 do members[i] = string.format('"member%02d":"%s"', i, string.rep("x", 48)) end
wrk.method = "POST"
wrk.body = "{" .. table.concat(members, ",") .. ',"count":16}'
wrk.headers["Content-Type"] = "application/json"
