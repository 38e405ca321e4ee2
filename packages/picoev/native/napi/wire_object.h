// What both sides of the shared tables must agree on, as the kernel has it: a test compares src/wire.ts with it.
#pragma once

#include <node_api.h>

namespace picoev {

napi_value WireObject(napi_env env);

}  // namespace picoev
