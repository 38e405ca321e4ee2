// A watch over this environment's event loop as JavaScript has it.
#pragma once

#include <node_api.h>

namespace picoev {

/// (fd, number) → { beat } or undefined, where V8 cannot be interrupted, or cannot tell where it is
napi_value WatchStalls(napi_env env, napi_callback_info info);

}  // namespace picoev
