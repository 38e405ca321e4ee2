#include "http1/head_facts.h"

#include <algorithm>

#include "http1/authority.h"
#include "http1/octets.h"

namespace picoev {
namespace {

constexpr uint64_t kMaxContentLength = (uint64_t{1} << 53) - 1;

constexpr Fault Bad(FaultKind kind, const char* reason) { return {400, kind, reason}; }

constexpr HeadOutcome Refuse(uint16_t status, FaultKind kind, const char* reason) {
  return {HeadOutcome::Kind::kRefused, {status, kind, reason}};
}

}  // namespace

/// Told apart by their size first, which lets nearly every other field pass after one comparison.
Fault HeadFacts::Add(std::string_view name, std::string_view value, Piece piece) {
  switch (name.size()) {
    case 4:
      if (!EqualsIgnoringCase(name, "host")) break;
      ++hosts_;
      host_ = piece;
      return IsAuthority(value) ? Fault{} : Bad(FaultKind::kField, "Host is invalid (RFC 9112, 3.2)");
    case 6:
      if (EqualsIgnoringCase(name, "expect")) AddExpect(value);
      break;
    case 7:
      if (EqualsIgnoringCase(name, "upgrade")) upgrade_ |= !value.empty();
      break;
    case 10:
      if (EqualsIgnoringCase(name, "connection")) AddConnection(value);
      break;
    case 14:
      if (EqualsIgnoringCase(name, "content-length")) return AddContentLength(value);
      break;
    case 17:
      if (EqualsIgnoringCase(name, "transfer-encoding")) return AddTransferEncoding(value);
      break;
  }
  return {};
}

Fault HeadFacts::AddContentLength(std::string_view value) {
  if (value.empty()) return Bad(FaultKind::kLength, "Content-Length is empty (RFC 9110, 8.6)");
  uint64_t length = 0;
  for (const char c : value) {
    if (!Is(static_cast<uint8_t>(c), kDigit)) return Bad(FaultKind::kLength, "Content-Length is not a row of digits (RFC 9110, 8.6)");
    length = length * 10 + static_cast<uint64_t>(c - '0');
    if (length > kMaxContentLength) return Bad(FaultKind::kLength, "Content-Length is beyond 2^53 - 1 (RFC 9110, 8.6)");
  }
  ++lengths_;
  content_length_ = length;
  return {};
}

Fault HeadFacts::AddTransferEncoding(std::string_view value) {
  Fault fault;
  transfer_encoding_ = true;
  ForEachElement(value, [&](std::string_view coding) {
    chunked_is_last_ = EqualsIgnoringCase(coding, "chunked");
    if (chunked_is_last_) {
      ++chunked_;
    } else if (coding.empty()) {
      fault = Bad(FaultKind::kCoding, "Transfer-Encoding has an empty element (RFC 9112, 6.1)");
    } else {
      other_coding_ = true;
    }
  });
  return fault;
}

/// Options that are unknown, also ones that are no tokens, have no effect (RFC 9110, 7.6.1).
void HeadFacts::AddConnection(std::string_view value) {
  ForEachElement(value, [this](std::string_view option) {
    close_ |= EqualsIgnoringCase(option, "close");
    keep_alive_ |= EqualsIgnoringCase(option, "keep-alive");
    connection_upgrade_ |= EqualsIgnoringCase(option, "upgrade");
  });
}

void HeadFacts::AddExpect(std::string_view value) {
  ForEachElement(value, [this](std::string_view expectation) {
    const bool known = EqualsIgnoringCase(expectation, "100-continue");
    expects_continue_ |= known;
    other_expectation_ |= !known && !expectation.empty();
  });
}

/// That chunked is not the final coding is a 400 by a MUST (RFC 9112, 6.3), whatever coding it is that is final: so
/// `gzip`, `identity`, `xchunked` and `chunked, gzip`. Only what is framed by chunked around a coding that is not
/// implemented gets the 501 of RFC 9112, 6.1: so `gzip, chunked`.
HeadOutcome HeadFacts::ConcludeTransferEncoding(const Head& head) const {
  if (head.minor_version == 0) return Refuse(400, FaultKind::kCoding, "Transfer-Encoding in HTTP/1.0 (RFC 9112, 6.1)");
  if (lengths_ > 0) return Refuse(400, FaultKind::kCoding, "Content-Length beside Transfer-Encoding (RFC 9112, 6.3)");
  if (!chunked_is_last_) return Refuse(400, FaultKind::kCoding, "the final transfer coding is not chunked (RFC 9112, 6.3)");
  if (chunked_ > 1) return Refuse(400, FaultKind::kCoding, "chunked was applied twice (RFC 9112, 6.1)");
  if (other_coding_) return Refuse(501, FaultKind::kCoding, "a transfer coding that is not implemented (RFC 9112, 6.1)");
  return {HeadOutcome::Kind::kComplete};
}

HeadOutcome HeadFacts::Conclude(bool target_has_authority, const HeadLimits& limits, Head& head) const {
  const bool current = head.minor_version > 0;
  if (hosts_ > 1) return Refuse(400, FaultKind::kField, "more than one Host (RFC 9112, 3.2)");
  if (lengths_ > 1) return Refuse(400, FaultKind::kLengths, "more than one Content-Length (RFC 9112, 6.3)");
  if (transfer_encoding_) {
    const HeadOutcome outcome = ConcludeTransferEncoding(head);
    if (outcome.kind == HeadOutcome::Kind::kRefused) return outcome;
  }
  const bool upgrades = current && connection_upgrade_ && upgrade_;
  const bool may_lack_host = !current || limits.no_host || (upgrades && limits.upgrade_without_host);
  // Behind what its body is: who is told the reason hears of an attempt at smuggling first, as from Node's parser.
  if (hosts_ == 0 && !may_lack_host) return Refuse(400, FaultKind::kField, "no Host in HTTP/1.1 (RFC 9112, 3.2)");
  if (other_expectation_ && !limits.any_expectation) return Refuse(417, FaultKind::kRule, "an expectation other than 100-continue (RFC 9110, 10.1.1)");

  if (!target_has_authority) head.host = host_;
  head.content_length = content_length_;
  head.framing = transfer_encoding_     ? BodyFraming::kChunked
                 : content_length_ == 0 ? BodyFraming::kNone
                                        : BodyFraming::kLength;
  head.keep_alive = !close_ && (current || keep_alive_);
  head.expects_continue = current && expects_continue_ && head.framing != BodyFraming::kNone;
  head.upgrade = upgrades;
  return {HeadOutcome::Kind::kComplete};
}

}  // namespace picoev
