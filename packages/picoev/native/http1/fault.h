// Why a client's bytes are no request, or no body of one.
#pragma once

#include <cstdint>

namespace picoev {

/// What of them is wrong: what programs tell faults apart by. src/wire.ts has the same numbers.
enum class FaultKind : uint8_t {
  /// None: the settings or the RFC have it refused, whoever might answer it else (413, 417).
  kRule = 1,
  /// A field, or what fields say together.
  kField = 2,
  kMethod = 3,
  kTarget = 4,
  kVersion = 5,
  /// A line or a chunk does not end where it must.
  kEnd = 6,
  /// A field ends with CR alone.
  kBareCr = 7,
  /// A field ends with LF alone.
  kBareLf = 8,
  kLength = 9,
  /// More than one length.
  kLengths = 10,
  kCoding = 11,
  kChunkSize = 12,
  /// More of chunk extensions than of the body.
  kExtensions = 13,
  /// A head or trailers are longer than allowed.
  kTooLong = 14,
};

struct Fault {
  uint16_t status = 0;
  FaultKind kind = FaultKind::kRule;
  /// For the log, never for the client: a sentence with the RFC's section. Static storage. Null: nothing is wrong.
  const char* reason = nullptr;
};

}  // namespace picoev
