// The chunked transfer coding (RFC 9112, 7.1), read in place: what remains of a piece of input is the body's own bytes,
// moved together. Pure and incremental: any split of the input gives the same body.
//
// Chunk extensions and trailer fields are checked and dropped. Their size is bounded, as everything is that a client may
// send without end.
#pragma once

#include <cstdint>
#include <span>

namespace picoev {

class ChunkedDecoder {
 public:
  struct Outcome {
    enum class Kind : uint8_t {
      /// All of the input was read, and the body goes on.
      kMore,
      /// The body is over; bytes behind `consumed` belong to the next request.
      kEnd,
      /// The input is no chunked body: 400, and the connection ends.
      kBad,
    } kind;
    /// Bytes of the input that were read.
    uint32_t consumed = 0;
    /// Bytes of the body, now at the begin of the input.
    uint32_t produced = 0;
    /// Why it is bad, with the RFC's section. Static storage.
    const char* reason = nullptr;
  };

  Outcome Decode(std::span<uint8_t> input);

 private:
  // To be filled in by the implementation: at most 24 bytes of state.
};

}  // namespace picoev
