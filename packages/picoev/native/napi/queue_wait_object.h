// How long clients wait, as JavaScript asks for it.
#pragma once

#include <node_api.h>

namespace picoev {

/// () → { of }
napi_value MeasureQueue(napi_env env, napi_callback_info info);

}  // namespace picoev
