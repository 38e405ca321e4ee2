// A gate of PROXY protocol as a JavaScript object: src/proxy-gate.ts.
#pragma once

#include <node_api.h>

namespace picoev {

/// (networks, timeout, onPassed, onRefused) → gate
napi_value StartProxyGate(napi_env env, napi_callback_info info);

}  // namespace picoev
