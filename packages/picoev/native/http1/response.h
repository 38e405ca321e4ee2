// The head of a response: status line, the header fields that the server itself answers for, and the body's framing
// (RFC 9112, 4 and 6). Pure: it appends bytes to a buffer.
#pragma once

#include <cstdint>
#include <ctime>
#include <span>
#include <string>
#include <string_view>

namespace picoev {

/// What the request, the app and the connection ask of an answer; bits, the same in src/wire.ts.
enum AnswerFlag : uint32_t {
  /// The request was HTTP/1.0: no chunks, and a connection that persists must say so.
  kHttp10 = 1,
  /// The connection ends after this answer.
  kClose = 2,
  /// To HEAD: the fields of the answer, without its body.
  kBodiless = 4,
  /// The app gave a Date of its own.
  kHasDate = 8,
  /// The length of the body is not known: chunked, or to HTTP/1.0 until the connection's end.
  kUnknownLength = 16,
  /// Nothing at all is to be said of the length: to HEAD, where only a GET would know it (RFC 9110, 8.6).
  kNoLength = 32,
};

/// Bytes to be sent; grows as needed and keeps its memory. A std::string that is not filled with zeros first.
class ByteBuffer {
 public:
  void Append(std::string_view text) { bytes_.append(text); }
  void Append(std::span<const uint8_t> bytes) {
    bytes_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void AppendNumber(uint64_t number);
  void AppendHex(uint64_t number);
  void Clear() { bytes_.clear(); }
  void DropFirst(size_t size) { bytes_.erase(0, size); }
  bool IsEmpty() const { return bytes_.empty(); }
  size_t Size() const { return bytes_.size(); }
  std::span<const uint8_t> Bytes() const { return {reinterpret_cast<const uint8_t*>(bytes_.data()), bytes_.size()}; }

 private:
  std::string bytes_;
};

/// The field `Date` (RFC 9110, 6.6.1) with its line end, made once a second.
class DateField {
 public:
  std::string_view At(time_t now) {
    if (now != second_) Format(now);
    return {text_, sizeof text_};
  }

 private:
  void Format(time_t now);

  time_t second_ = -1;
  /// `Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n`
  char text_[37] = {};
};

/// The field `Keep-Alive`, which Node's server sends too: clients that know for how long a connection is kept do not ask again
/// just when it is closed, and lose what no client may repeat by itself.
std::string KeepAliveField(uint64_t milliseconds);

/// The standard's phrase for a status; empty for one that it does not name.
std::string_view ReasonPhrase(uint32_t status);

/// Whether a response with this status has no body by its nature: 1xx, 204, 304 (RFC 9112, 6.3).
constexpr bool IsBodilessStatus(uint32_t status) { return status < 200 || status == 204 || status == 304; }

struct ResponseHead {
  uint32_t status = 200;
  /// Of AnswerFlag.
  uint32_t flags = 0;
  /// Bytes of the body; of no meaning under kUnknownLength.
  uint64_t length = 0;
  /// In the place of the status's own phrase; empty for that one.
  std::string_view reason = {};
  /// The field Keep-Alive with its line end, where the connection is kept; empty for none.
  std::string_view keep_alive = {};
  /// Whole lines, each with its CRLF.
  std::span<const uint8_t> fields;
};

/// Appends it all up to the empty line. Returns whether the body that follows is to be sent in chunks.
bool AppendHead(ByteBuffer& out, const ResponseHead& head, std::string_view date);

/// A whole answer of the server's own: the phrase as text, and the end of the connection.
void AppendRefusal(ByteBuffer& out, uint32_t status, uint32_t flags, std::string_view date);

/// The same without a word more than that: the connection's end is the answer's (RFC 9112, 6.3).
void AppendBareRefusal(ByteBuffer& out, uint32_t status);

}  // namespace picoev
