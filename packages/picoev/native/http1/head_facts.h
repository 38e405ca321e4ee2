// What a head's fields say together of its framing, its host and its connection (RFC 9112, 3.2, 6 and 9). Fields whose
// value is wrong by itself are refused as they come; what they contradict in one another is found at the end, and so
// does not depend on how the bytes were split.
#pragma once

#include <cstdint>
#include <string_view>

#include "http1/http1_parser.h"

namespace picoev {

class HeadFacts {
 public:
  /// Whether, and why, the field makes the request a bad one.
  Fault Add(std::string_view name, std::string_view value, Piece piece);

  /// Fills in what follows from the fields. The head's method, target and version are known, and its host when the
  /// target names it.
  HeadOutcome Conclude(bool target_has_authority, const HeadLimits& limits, Head& head) const;

 private:
  Fault AddContentLength(std::string_view value);
  Fault AddTransferEncoding(std::string_view value);
  void AddConnection(std::string_view value);
  void AddExpect(std::string_view value);
  HeadOutcome ConcludeTransferEncoding(const Head& head) const;

  uint64_t content_length_ = 0;
  Piece host_;
  uint32_t hosts_ = 0;
  uint32_t lengths_ = 0;
  /// How often `chunked` is among the transfer codings.
  uint32_t chunked_ = 0;
  bool other_coding_ = false;
  bool transfer_encoding_ = false;
  bool chunked_is_last_ = false;
  bool close_ = false;
  bool keep_alive_ = false;
  bool connection_upgrade_ = false;
  bool upgrade_ = false;
  bool expects_continue_ = false;
  bool other_expectation_ = false;
};

}  // namespace picoev
