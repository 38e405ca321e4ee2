// The options of the HTTP loop as JavaScript gives them: all of them, each a number within its range.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <optional>
#include <span>

#include "loop/loop.h"

namespace picoev {

struct OptionRange {
  const char* name;
  uint64_t least;
  uint64_t most;
};

/// src/wire.ts has the same.
std::span<const OptionRange> LoopOptionRanges();

/// Nothing where one is missing, is no number, or is out of its range: src/http-loop-options.ts refuses them in words.
std::optional<LoopOptions> ReadLoopOptions(napi_env env, napi_value object);

}  // namespace picoev
