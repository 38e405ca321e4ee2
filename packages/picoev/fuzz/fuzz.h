// What the fuzz targets share. All choices beside the bytes come from a hash of them: so a seed is a plain file of
// HTTP, and a crash is repeated by its input alone.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "http1/http1_parser.h"
#include "random.h"

namespace picoev::fuzz {

/// Ends the process with a report: what should hold does not.
inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline test::Random RandomOf(std::span<const uint8_t> bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return test::Random(hash);
}

/// The settings' defaults mostly, else limits that inputs of a few hundred bytes reach.
inline HeadLimits LimitsOf(test::Random& random) {
  if (random.Below(4) != 0) return {.line = 4094, .fields = 100, .field_size = 8190};
  return {.line = random.Below(60),
          .fields = random.Below(5),
          .field_size = random.Below(60),
          .head = 1 + random.Below(300)};
}

}  // namespace picoev::fuzz
