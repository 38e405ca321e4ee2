// The chunked transfer coding (RFC 9112, 7.1), read in place: what remains of a piece of input is the body's own bytes,
// moved together, and behind them its trailer fields. Pure and incremental: any split of the input gives the same.
//
// Chunk extensions are checked and dropped. Their size is bounded, and that of trailers, as everything is that a client
// may send without end.
#pragma once

#include <cstdint>
#include <span>

#include "http1/http1_parser.h"

namespace picoev {

class ChunkedDecoder {
 public:
  struct Outcome {
    enum class Kind : uint8_t {
      /// All of the input was read, and the body goes on.
      kMore,
      /// The body is over; bytes behind `consumed` belong to the next request.
      kEnd,
      /// The input is no chunked body, or its trailers exceed a limit: the connection ends. Stays so.
      kBad,
    } kind;
    /// Bytes of the input that were read.
    uint32_t consumed = 0;
    /// Bytes of the body, now at the begin of the input.
    uint32_t produced = 0;
    /// Bytes of trailer fields, each line with its CRLF, now behind those of the body.
    uint32_t trailers = 0;
    /// Where it is bad: 400, 413 or 431.
    Fault fault = {};
  };

  /// @param fields Of the head: trailers count together with them.
  explicit ChunkedDecoder(uint32_t fields = 0) : fields_(static_cast<uint16_t>(fields)) {}

  /// To be called until the body is over, with the same limits; a decoder decodes one body.
  Outcome Decode(std::span<uint8_t> input, const HeadLimits& limits);

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

  bool IsOver() const { return state_ >= State::kEnd; }
  bool IsBad() const { return state_ == State::kBad; }
  bool IsInTrailer() const { return state_ >= State::kTrailerStart && state_ < State::kFinalLf; }
  void ReadOctet(uint8_t octet, const HeadLimits& limits);
  void ReadSize(uint8_t octet);
  void ReadExtension(uint8_t octet);
  void ReadTrailer(uint8_t octet);
  void CountTrailer(uint8_t octet, const HeadLimits& limits);
  /// Behind a complete size, name or value.
  void EndElement(uint8_t octet, bool may_have_value);
  void BeginData();
  /// Goes on in `next` if the octet is the one that must be here.
  void Require(bool right, State next, const Fault& fault);
  void Fail(const Fault& fault);
  void Spend(const Fault& fault);

  /// Bytes that the chunk still has; its size as far as it was read.
  uint64_t remaining_ = 0;
  Fault fault_;
  /// Bytes of extensions and trailers, less those of the body.
  uint16_t overhead_ = 0;
  /// Bytes of this chunk's extensions.
  uint16_t extensions_ = 0;
  /// So far, those of the head included.
  uint16_t fields_;
  /// Bytes of the trailer field that is read.
  uint16_t field_size_ = 0;
  State state_ = State::kSizeStart;
  uint8_t digits_ = 0;
};

}  // namespace picoev
