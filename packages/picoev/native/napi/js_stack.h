// Where JavaScript is, told without running any: for V8's interrupts, which allow none.
#pragma once

#include <node_api.h>

#include <string>

namespace picoev {

/// Whether this engine can tell.
bool CanTellStack();

/// Members of a JSON object: `"frames":[[function,script,line,column],…],"maps":{script:sourceMappingURL,…}`, the innermost call
/// first, of V8's isolate. Lines and columns count from 1. A script's map is there when it is in the script itself, as a `data:` URL.
std::string TellStack(napi_env env, void* isolate);

}  // namespace picoev
