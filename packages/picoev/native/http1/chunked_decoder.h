// The chunked transfer coding (RFC 9112, 7.1), read in place: what remains of a piece of input is the body's own bytes,
// moved together. Pure and incremental: any split of the input gives the same body.
//
// Chunk extensions and trailer fields are checked and dropped. Their size is bounded, as everything is that a client
// may send without end.
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
      /// The input is no chunked body: 400, and the connection ends. Stays so.
      kBad,
    } kind;
    /// Bytes of the input that were read.
    uint32_t consumed = 0;
    /// Bytes of the body, now at the begin of the input.
    uint32_t produced = 0;
    /// Why it is bad, with the RFC's section. Static storage.
    const char* reason = nullptr;
  };

  /// To be called until the body is over; a decoder decodes one body.
  Outcome Decode(std::span<uint8_t> input);

 private:
  /// What the next octet is. "Gap" is white space that must be followed by what its name says.
  enum class State : uint8_t {
    kSizeStart,
    kSize,
    kSemicolonGap,
    kExtensionStart,
    kExtensionName,
    kEqualsOrSemicolonGap,
    kExtensionValueStart,
    kExtensionToken,
    kExtensionQuoted,
    kExtensionEscaped,
    kExtensionQuotedEnd,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailerName,
    kTrailerValue,
    kTrailerLf,
    kFinalLf,
    kEnd,
    kBad,
  };

  void ReadOctet(uint8_t octet);
  void ReadSize(uint8_t octet);
  void ReadExtension(uint8_t octet);
  void ReadTrailer(uint8_t octet);
  /// Behind a complete size, name or value.
  void EndElement(uint8_t octet, bool may_have_value);
  void BeginData();
  /// Goes on in `next` if the octet is the one that must be here.
  void Require(bool right, State next, const char* reason);
  void Fail(const char* reason);
  void Spend();

  /// Bytes that the chunk still has; its size as far as it was read.
  uint64_t remaining_ = 0;
  const char* reason_ = nullptr;
  /// Bytes of extensions and trailers, less those of the body.
  uint16_t overhead_ = 0;
  State state_ = State::kSizeStart;
  uint8_t digits_ = 0;
};

}  // namespace picoev
