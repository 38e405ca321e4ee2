#include "http1/chunked_decoder.h"

#include <algorithm>
#include <cstring>

#include "http1/octets.h"

namespace picoev {
namespace {

/// So that a client cannot send for ever without a body growing: extensions may take as many bytes as the body, and
/// this many more; trailers too, whatever the limits say.
constexpr uint16_t kMaxOverhead = 32 * 1024;
/// Of one chunk, as Node's parser has it.
constexpr uint16_t kMaxExtensions = 16 * 1024;
/// 2^52 - 1 at most, so that sizes can be added up. No honest sender pads a size with zeros.
constexpr uint8_t kMaxDigits = 13;

constexpr Fault kBadSize{400, FaultKind::kChunkSize,
                         "a chunk's size is not a row of hexadecimal digits (RFC 9112, 7.1)"};
constexpr Fault kLongSize{400, FaultKind::kChunkSize, "a chunk's size has more than 13 digits (RFC 9112, 7.1)"};
constexpr Fault kLongChunk{400, FaultKind::kEnd, "a chunk is longer than its size (RFC 9112, 7.1)"};
constexpr Fault kLateSpace{400, FaultKind::kEnd, "white space at the end of a chunk line (RFC 9112, 7.1.1)"};
constexpr Fault kBadExtension{400, FaultKind::kEnd, "a chunk extension is malformed (RFC 9112, 7.1.1)"};
constexpr Fault kBadTrailer{400, FaultKind::kField, "a trailer field is malformed (RFC 9112, 7.1.2)"};
constexpr Fault kBareCr{400, FaultKind::kEnd, "a bare CR in a chunk line or a trailer (RFC 9112, 2.2)"};
constexpr Fault kTooManyTrailers{431, FaultKind::kTooLong,
                                 "more header and trailer fields than allowed (RFC 6585, 5)"};
constexpr Fault kLongTrailer{431, FaultKind::kTooLong, "a trailer field is longer than allowed (RFC 6585, 5)"};
constexpr Fault kLongTrailers{431, FaultKind::kTooLong,
                              "chunk extensions and trailers beyond 32 KiB (RFC 9112, 7.1.2)"};
/// As Node's server has it.
constexpr Fault kLongExtensions{413, FaultKind::kExtensions, "chunk extensions beyond 16 KiB, or 32 KiB of all chunks (RFC 9112, 7.1.1)"};

constexpr bool IsWhitespace(uint8_t octet) { return octet == ' ' || octet == '\t'; }

}  // namespace

ChunkedDecoder::Outcome ChunkedDecoder::Decode(std::span<uint8_t> input, const HeadLimits& limits) {
  size_t read = 0;
  size_t written = 0;
  size_t trailers = 0;
  while (read < input.size() && !IsOver()) {
    if (state_ != State::kData) {
      const uint8_t octet = input[read++];
      const bool was_in_trailer = IsInTrailer();
      ReadOctet(octet, limits);
      // No byte of the body comes behind them.
      if (was_in_trailer && IsInTrailer()) input[written + trailers++] = octet;
      continue;
    }
    const size_t size = std::min<uint64_t>(remaining_, input.size() - read);
    if (read != written) std::memmove(&input[written], &input[read], size);
    read += size;
    written += size;
    remaining_ -= size;
    overhead_ = static_cast<uint16_t>(overhead_ - std::min<size_t>(overhead_, size));
    if (remaining_ == 0) state_ = State::kDataCr;
  }
  const auto kind = IsBad() ? Outcome::Kind::kBad : IsOver() ? Outcome::Kind::kEnd : Outcome::Kind::kMore;
  return {.kind = kind,
          .consumed = static_cast<uint32_t>(read),
          .produced = static_cast<uint32_t>(written),
          .trailers = static_cast<uint32_t>(trailers),
          .fault = fault_};
}

void ChunkedDecoder::ReadOctet(uint8_t octet, const HeadLimits& limits) {
  switch (state_) {
    case State::kSizeStart:
    case State::kSize:
      return ReadSize(octet);
    case State::kSizeLf:
      if (octet != '\n') return Fail(kBareCr);
      return BeginData();
    case State::kDataCr:
      return Require(octet == '\r', State::kDataLf, kLongChunk);
    case State::kDataLf:
      return Require(octet == '\n', State::kSizeStart, kLongChunk);
    case State::kTrailerStart:
    case State::kTrailerName:
    case State::kTrailerValue:
    case State::kTrailerLf:
    case State::kFinalLf:
      CountTrailer(octet, limits);
      return ReadTrailer(octet);
    default:
      return ReadExtension(octet);
  }
}

void ChunkedDecoder::ReadSize(uint8_t octet) {
  if (Is(octet, kHexDigit)) {
    if (++digits_ > kMaxDigits) return Fail(kLongSize);
    remaining_ = remaining_ * 16 + HexValue(octet);
    state_ = State::kSize;
    return;
  }
  if (state_ == State::kSizeStart) return Fail(kBadSize);
  if (octet != '\r' && octet != ';' && !IsWhitespace(octet)) return Fail(kBadSize);
  EndElement(octet, false);
}

void ChunkedDecoder::EndElement(uint8_t octet, bool may_have_value) {
  if (octet == '\r') {
    state_ = State::kSizeLf;
  } else if (octet == ';') {
    state_ = State::kExtensionStart;
  } else if (octet == '=' && may_have_value) {
    state_ = State::kExtensionValueStart;
  } else if (IsWhitespace(octet)) {
    state_ = may_have_value ? State::kEqualsOrSemicolonGap : State::kSemicolonGap;
  } else {
    Fail(kBadExtension);
  }
}

void ChunkedDecoder::ReadExtension(uint8_t octet) {
  Spend(kLongExtensions);
  if (++extensions_ > kMaxExtensions) Fail(kLongExtensions);
  switch (state_) {
    case State::kSemicolonGap:
    case State::kEqualsOrSemicolonGap:
      if (octet == '\r') return Fail(kLateSpace);
      return EndElement(octet, state_ == State::kEqualsOrSemicolonGap);
    case State::kExtensionStart:
      if (IsWhitespace(octet)) return;
      return Require(Is(octet, kToken), State::kExtensionName, kBadExtension);
    case State::kExtensionName:
      if (Is(octet, kToken)) return;
      return EndElement(octet, true);
    case State::kExtensionValueStart:
      if (IsWhitespace(octet)) return;
      if (octet == '"') return Require(true, State::kExtensionQuoted, {});
      return Require(Is(octet, kToken), State::kExtensionToken, kBadExtension);
    case State::kExtensionToken:
      if (Is(octet, kToken)) return;
      return EndElement(octet, false);
    case State::kExtensionQuoted:
      if (Is(octet, kQuotedText)) return;
      if (octet == '\\') return Require(true, State::kExtensionEscaped, {});
      return Require(octet == '"', State::kExtensionQuotedEnd, kBadExtension);
    case State::kExtensionEscaped:
      return Require(Is(octet, kFieldValue), State::kExtensionQuoted, kBadExtension);
    case State::kExtensionQuotedEnd:
      return EndElement(octet, false);
    default:
      return;
  }
}

void ChunkedDecoder::BeginData() {
  digits_ = 0;
  extensions_ = 0;
  state_ = remaining_ > 0 ? State::kData : State::kTrailerStart;
}

void ChunkedDecoder::CountTrailer(uint8_t octet, const HeadLimits& limits) {
  Spend(kLongTrailers);
  if (octet == '\r' || state_ >= State::kTrailerLf) return;
  if (state_ == State::kTrailerStart) {
    field_size_ = 0;
    if (fields_++ >= limits.MostFields()) return Fail(kTooManyTrailers);
  }
  if (++field_size_ > limits.MostFieldSize()) Fail(kLongTrailer);
}

void ChunkedDecoder::ReadTrailer(uint8_t octet) {
  switch (state_) {
    case State::kTrailerStart:
      if (octet == '\r') return Require(true, State::kFinalLf, {});
      return Require(Is(octet, kToken), State::kTrailerName, kBadTrailer);
    case State::kTrailerName:
      if (Is(octet, kToken)) return;
      return Require(octet == ':', State::kTrailerValue, kBadTrailer);
    case State::kTrailerValue:
      if (Is(octet, kFieldValue)) return;
      return Require(octet == '\r', State::kTrailerLf, kBadTrailer);
    case State::kTrailerLf:
      return Require(octet == '\n', State::kTrailerStart, kBareCr);
    case State::kFinalLf:
      return Require(octet == '\n', State::kEnd, kBareCr);
    default:
      return;
  }
}

void ChunkedDecoder::Require(bool right, State next, const Fault& fault) {
  if (!right) return Fail(fault);
  if (!IsBad()) state_ = next;
}

void ChunkedDecoder::Spend(const Fault& fault) {
  if (++overhead_ > kMaxOverhead) Fail(fault);
}

void ChunkedDecoder::Fail(const Fault& fault) {
  if (IsBad()) return;
  state_ = State::kBad;
  fault_ = fault;
}

}  // namespace picoev
