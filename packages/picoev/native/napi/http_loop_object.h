// The HTTP loop as JavaScript has it.
#pragma once

#include <node_api.h>

namespace picoev {

/// (options, slab, events, answers, handlers) → the loop's methods; src/addon.ts names them all.
napi_value StartHttpLoop(napi_env env, napi_callback_info info);

}  // namespace picoev
