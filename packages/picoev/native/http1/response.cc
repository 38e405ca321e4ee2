#include "http1/response.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace picoev {
namespace {

constexpr std::string_view kStatusLineStart = "HTTP/1.1 ";

struct Phrase {
  uint16_t status;
  std::string_view text;
};

// The registry of HTTP status codes.
constexpr Phrase kPhrases[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Payload Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {418, "I'm a Teapot"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {511, "Network Authentication Required"},
};

constexpr uint32_t kFirstStatus = 100;
constexpr uint32_t kStatuses = 512;

constexpr auto kPhraseOf = [] {
  std::array<std::string_view, kStatuses> table{};
  for (const auto& [status, text] : kPhrases) table[status - kFirstStatus] = text;
  return table;
}();

void AppendStatusLine(ByteBuffer& out, uint32_t status, std::string_view reason) {
  // By far the most frequent one, in one piece.
  if (status == 200 && reason.empty()) return out.Append("HTTP/1.1 200 OK\r\n");
  out.Append(kStatusLineStart);
  out.AppendNumber(status);
  out.Append(" ");
  out.Append(reason.empty() ? ReasonPhrase(status) : reason);
  out.Append("\r\n");
}

void AppendConnection(ByteBuffer& out, const ResponseHead& head) {
  if (head.flags & kClose) return out.Append("Connection: close\r\n");
  if (head.flags & kHttp10) out.Append("Connection: keep-alive\r\n");
  out.Append(head.keep_alive);
}

}  // namespace

void ByteBuffer::AppendNumber(uint64_t number) {
  char digits[20];
  const auto [end, _] = std::to_chars(digits, digits + sizeof digits, number);
  bytes_.append(digits, end);
}

void ByteBuffer::AppendHex(uint64_t number) {
  char digits[16];
  const auto [end, _] = std::to_chars(digits, digits + sizeof digits, number, 16);
  bytes_.append(digits, end);
}

void DateField::Format(time_t now) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  tm utc{};
  gmtime_r(&now, &utc);
  // Not strftime: its names follow the locale. The buffer has room for the terminating zero, which is cut off.
  char text[64];
  snprintf(text, sizeof text, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n", kDays[utc.tm_wday], utc.tm_mday,
           kMonths[utc.tm_mon], (utc.tm_year + 1900) % 10000, utc.tm_hour, utc.tm_min, utc.tm_sec);
  std::string_view(text).copy(text_, sizeof text_);
  second_ = now;
}

std::string KeepAliveField(uint64_t milliseconds) {
  // Without a limit there is nothing to say.
  if (milliseconds == 0) return {};
  return "Keep-Alive: timeout=" + std::to_string(milliseconds / 1000) + "\r\n";
}

std::string_view ReasonPhrase(uint32_t status) {
  const uint32_t index = status - kFirstStatus;
  return index < kStatuses ? kPhraseOf[index] : std::string_view();
}

bool AppendHead(ByteBuffer& out, const ResponseHead& head, std::string_view date) {
  AppendStatusLine(out, head.status, head.reason);
  out.Append(head.fields);
  // An informational answer is followed by the real one, which has them.
  if (head.status < 200) {
    out.Append("\r\n");
    return false;
  }
  if (!(head.flags & kHasDate)) out.Append(date);
  AppendConnection(out, head);
  bool chunked = false;
  if (head.status == 204 || head.flags & kNoLength) {
    // A 204 never has a Content-Length (RFC 9110, 8.6).
  } else if (!(head.flags & kUnknownLength)) {
    out.Append("Content-Length: ");
    out.AppendNumber(head.length);
    out.Append("\r\n");
  } else if (!(head.flags & kHttp10)) {
    out.Append("Transfer-Encoding: chunked\r\n");
    chunked = !(head.flags & kBodiless);
  }
  out.Append("\r\n");
  return chunked;
}

void AppendRefusal(ByteBuffer& out, uint32_t status, uint32_t flags, std::string_view date) {
  const std::string_view phrase = ReasonPhrase(status);
  ByteBuffer fields;
  fields.Append("Content-Type: text/plain\r\n");
  AppendHead(out, {.status = status, .flags = flags | kClose, .length = phrase.size() + 1, .fields = fields.Bytes()},
             date);
  if (flags & kBodiless) return;
  out.Append(phrase);
  out.Append("\n");
}

void AppendBareRefusal(ByteBuffer& out, uint32_t status) {
  out.Append("HTTP/1.1 ");
  out.AppendNumber(status);
  out.Append(" ");
  out.Append(ReasonPhrase(status));
  out.Append("\r\nConnection: close\r\n\r\n");
}

}  // namespace picoev
