// An acceptor as JavaScript has it.
#pragma once

#include <node_api.h>

namespace picoev {

/// (fd, perTurn, onConnection, onExhausted, onBroken) → { pause, resume, close, stats }
napi_value StartAcceptor(napi_env env, napi_callback_info info);

}  // namespace picoev
