// HTTP/1.1 request heads, by RFC 9112 and 9110 to the letter. Pure: bytes in, offsets out; no memory, no I/O.
//
// Strict where leniency smuggles: a line ends with CRLF and nothing else, a name ends at its colon, a length is digits,
// and a body's end is told in exactly one way.
#pragma once

#include <cstdint>
#include <span>

#include "http1/fault.h"

namespace picoev {

/// The most header fields that a table of offsets has room for, whatever the settings say.
inline constexpr uint32_t kMaxFields = 1024;

/// The most bytes of a head, which also bounds what an unlimited line or field may take.
inline constexpr uint32_t kMaxHead = 1024 * 1024;

struct HeadLimits {
  /// Bytes of the request line without its CRLF; 0 for no limit but `head`.
  uint32_t line = 0;
  /// Header fields; 0 for no limit but kMaxFields.
  uint32_t fields = 0;
  /// Bytes of one header field, name, colon and value, without CRLF; 0 for no limit but `head`.
  uint32_t field_size = 0;
  /// Bytes of the whole head.
  uint32_t head = kMaxHead;
  /// Expectations other than 100-continue are left to the app, and are no 417.
  bool any_expectation = false;
  /// A request of HTTP/1.1 may do without a Host, as one of HTTP/1.0. Two are refused all the same.
  bool no_host = false;
  /// The same of one that asks for another protocol, as Node's server has it where it gives these away.
  bool upgrade_without_host = false;

  uint32_t MostFields() const { return fields == 0 || fields > kMaxFields ? kMaxFields : fields; }
  uint32_t MostFieldSize() const { return field_size == 0 ? head : field_size; }
};

/// A stretch of the head's bytes.
struct Piece {
  uint32_t offset = 0;
  uint32_t size = 0;
};

struct Field {
  Piece name;
  /// Without the white space around it.
  Piece value;
};

enum class BodyFraming : uint8_t { kNone, kLength, kChunked };

/// Where the parts of a complete head are, relative to its first byte.
struct Head {
  Piece method;
  Piece target;
  /// The target's authority where it has one, else the Host field's value (RFC 9112, 3.3); may be empty.
  Piece host;
  /// All of it, from the method to the empty line's end.
  uint32_t size = 0;
  uint32_t field_count = 0;
  /// Of a body under kLength; at most 2^53 - 1, so that JavaScript can hold it.
  uint64_t content_length = 0;
  /// kNone also for `Content-Length: 0`.
  BodyFraming framing = BodyFraming::kNone;
  /// 0 or 1; a higher 1.x is treated as 1.1 (RFC 9110, 2.5).
  uint8_t minor_version = 1;
  /// Whether the connection persists after the answer (RFC 9112, 9.3).
  bool keep_alive = true;
  /// `Expect: 100-continue` of an HTTP/1.1 request with a body (RFC 9110, 10.1.1).
  bool expects_continue = false;
  /// Another protocol may follow: `Connection: upgrade` with an Upgrade field, of an HTTP/1.1 request (RFC 9110, 7.8), or
  /// CONNECT (9.3.6).
  bool upgrade = false;
};

/// What a head's bytes are, in their order.
enum class HeadPart : uint8_t { kStart, kMethod, kTarget, kVersion, kFieldStart, kName, kValue };

/// What is known of a head that has come in part only, so that its bytes are not looked at again and again. Zero for a
/// head's first bytes.
struct HeadProgress {
  HeadPart part = HeadPart::kStart;
  /// Begin of the line that is not complete yet. Each line before it has been found valid.
  uint32_t line_start = 0;
  /// Begin of the part that is not complete yet.
  uint32_t part_start = 0;
  /// Up to where that part was looked at.
  uint32_t searched = 0;
  /// Complete header fields.
  uint32_t fields = 0;
};

/// Either of: complete, partial (more bytes are needed), refused with a status (400, 414, 431, 501, 505, 417).
struct HeadOutcome {
  enum class Kind : uint8_t { kComplete, kPartial, kRefused } kind;
  Fault fault = {};
};

/// `bytes` begins with the head and may hold more behind it. `fields` has room for kMaxFields; the first
/// `head.field_count` are filled in. `head` and `fields` are of use only when the outcome is complete. `progress` is
/// kept by the caller between the calls for one head, whose bytes must all be in `bytes` again each time; up to
/// ten empty lines before a request line are skipped (RFC 9112, 2.2) and count into `head.size`.
///
/// What cannot become a head is refused at its first wrong byte. The outcome depends on the bytes alone, not on how
/// they were split: what one line contradicts in another is found at the end.
HeadOutcome ParseHead(std::span<const uint8_t> bytes, const HeadLimits& limits, HeadProgress& progress, Head& head,
                      std::span<Field> fields);

}  // namespace picoev
