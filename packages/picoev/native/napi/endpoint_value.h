// Addresses between JavaScript's values and C++'s.
#pragma once

#include <node_api.h>

#include <optional>

#include "net/endpoint.h"
#include "net/networks.h"

namespace picoev {

/// { address, port, family }, as Node has it; or undefined.
napi_value ToValue(napi_env env, const std::optional<Endpoint>& endpoint);
/// Of an array of texts: addresses, blocks or `*`. TypeScript has checked them.
Networks NetworksOf(napi_env env, napi_value texts);

}  // namespace picoev
