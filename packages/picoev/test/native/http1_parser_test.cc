// Heads: what is accepted and how it is read, what is refused with which status, and that neither depends on how the
// bytes arrive.
#include "http1/http1_parser.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "check.h"
#include "http1/octets.h"
#include "random.h"

namespace picoev {
namespace {

using Kind = HeadOutcome::Kind;

struct Parsed {
  HeadOutcome outcome{Kind::kPartial};
  Head head;
  std::vector<Field> fields;
  /// Bytes that had arrived when the outcome was certain.
  size_t needed = 0;
};

/// In memory of its exact size, so that AddressSanitizer sees a read beyond it.
HeadOutcome ParseExactly(std::string_view bytes, const HeadLimits& limits, HeadProgress& progress, Parsed& parsed) {
  const std::vector<uint8_t> copy(bytes.begin(), bytes.end());
  parsed.fields.resize(kMaxFields);
  return ParseHead(copy, limits, progress, parsed.head, parsed.fields);
}

/// Feeds `bytes` so that the calls see prefixes of the given sizes, ascending, the last being all of it.
Parsed ParseInSteps(std::string_view bytes, const std::vector<size_t>& sizes, const HeadLimits& limits = {}) {
  Parsed parsed;
  HeadProgress progress;
  for (const size_t size : sizes) {
    parsed.needed = size;
    parsed.outcome = ParseExactly(bytes.substr(0, size), limits, progress, parsed);
    if (parsed.outcome.kind != Kind::kPartial) break;
  }
  parsed.fields.resize(parsed.outcome.kind == Kind::kComplete ? parsed.head.field_count : 0);
  return parsed;
}

Parsed Parse(std::string_view bytes, const HeadLimits& limits = {}) {
  return ParseInSteps(bytes, {bytes.size()}, limits);
}

std::string Cut(std::string_view bytes, Piece piece) { return std::string(bytes.substr(piece.offset, piece.size)); }

/// All that a complete head tells, as one text to compare.
std::string Describe(std::string_view bytes, const Parsed& parsed) {
  if (parsed.outcome.kind == Kind::kPartial) return "partial";
  if (parsed.outcome.kind == Kind::kRefused) return std::to_string(parsed.outcome.fault.status) + " " + parsed.outcome.fault.reason;
  const Head& head = parsed.head;
  std::string text = Cut(bytes, head.method) + "|" + Cut(bytes, head.target) + "|" + Cut(bytes, head.host) + "|1." +
                     std::to_string(head.minor_version) + "|size " + std::to_string(head.size);
  if (head.framing == BodyFraming::kLength) text += "|length " + std::to_string(head.content_length);
  if (head.framing == BodyFraming::kChunked) text += "|chunked";
  if (head.keep_alive) text += "|keep-alive";
  if (head.expects_continue) text += "|continue";
  if (head.upgrade) text += "|upgrade";
  for (const Field& field : parsed.fields) text += "|" + Cut(bytes, field.name) + "=" + Cut(bytes, field.value);
  return text;
}

/// The same at every split point, one byte at a time, and in random pieces.
void CheckSplits(std::string_view bytes, const HeadLimits& limits = {}) {
  const std::string whole = Describe(bytes, Parse(bytes, limits));
  for (size_t split = 0; split < bytes.size(); ++split) {
    CHECK_EQUAL(Describe(bytes, ParseInSteps(bytes, {split, bytes.size()}, limits)), whole,
                "split at " + std::to_string(split));
  }
  std::vector<size_t> each;
  for (size_t size = 0; size <= bytes.size(); ++size) each.push_back(size);
  CHECK_EQUAL(Describe(bytes, ParseInSteps(bytes, each, limits)), whole, "one byte at a time");
  test::Random random(bytes.size());
  for (int round = 0; round < 20; ++round) {
    std::vector<size_t> sizes;
    for (size_t size = 0; size < bytes.size(); size += 1 + random.Below(40)) sizes.push_back(size);
    sizes.push_back(bytes.size());
    CHECK_EQUAL(Describe(bytes, ParseInSteps(bytes, sizes, limits)), whole, "random pieces");
  }
}

void CheckAccepted(std::string_view bytes, std::string_view description) {
  CHECK_EQUAL(Describe(bytes, Parse(bytes)), description);
  CheckSplits(bytes);
}

void CheckRefused(uint16_t status, std::string_view bytes, const HeadLimits& limits = {}) {
  const Parsed parsed = Parse(bytes, limits);
  CHECK_EQUAL(parsed.outcome.kind == Kind::kRefused ? parsed.outcome.fault.status : 0, status, std::string(bytes));
  CheckSplits(bytes, limits);
}

std::string WithFields(std::string_view fields) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}
std::string WithTarget(std::string_view method_and_target) {
  return std::string(method_and_target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

constexpr std::string_view kBrowser =
    "GET /search?q=unicorn&lang=en HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.9,de;q=0.8\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=4f6f1a0c9d; theme=dark; consent=yes\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "\r\n";

TEST("a browser's head is read, at any split") {
  const Parsed parsed = Parse(kBrowser);
  CHECK(parsed.outcome.kind == Kind::kComplete);
  CHECK_EQUAL(parsed.head.field_count, 8u);
  CHECK_EQUAL(Cut(kBrowser, parsed.head.host), "www.example.com");
  CheckSplits(kBrowser);
  CheckSplits(std::string(kBrowser) + "GET /next HTTP/1.1\r\n");
}

TEST("well-formed heads are accepted") {
  CheckAccepted("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET|/|a|1.1|size 27|keep-alive|Host=a");
  CheckAccepted("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET|/|a|1.1|size 29|keep-alive|Host=a");
  CheckAccepted("GET / HTTP/1.0\r\n\r\n", "GET|/||1.0|size 18");
  CheckAccepted("GET / HTTP/1.7\r\nHost:\r\n\r\n", "GET|/||1.1|size 25|keep-alive|Host=");
  CheckAccepted("G-!T / HTTP/1.1\r\nhOST: \t [::1]:80 \t\r\nx:\r\n\r\n",
                "G-!T|/|[::1]:80|1.1|size 43|keep-alive|hOST=[::1]:80|x=");
  CheckAccepted(WithFields("X: \x80\xff a\tb\r\n"), "POST|/|a|1.1|size 39|keep-alive|Host=a|X=\x80\xff a\tb");
}

TEST("a body's framing is read") {
  CheckAccepted(WithFields("Content-Length: 007\r\n"),
                "POST|/|a|1.1|size 49|length 7|keep-alive|Host=a|Content-Length=007");
  CheckAccepted(WithFields("Content-Length: 0\r\n"), "POST|/|a|1.1|size 47|keep-alive|Host=a|Content-Length=0");
  CHECK_EQUAL(Parse(WithFields("Content-Length: 9007199254740991\r\n")).head.content_length, 9007199254740991u);
  CheckAccepted(WithFields("Transfer-Encoding:  Chunked \r\n"),
                "POST|/|a|1.1|size 58|chunked|keep-alive|Host=a|Transfer-Encoding=Chunked");
  CheckAccepted(WithFields("Expect: 100-Continue\r\nContent-Length: 1\r\n"),
                "POST|/|a|1.1|size 69|length 1|keep-alive|continue|Host=a|Expect=100-Continue|Content-Length=1");
  CHECK(!Parse(WithFields("Expect: 100-continue\r\n")).head.expects_continue);
  CHECK(!Parse("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n").head.expects_continue);
}

TEST("a connection persists, ends or changes as its fields say") {
  const auto persists = [](std::string_view bytes) { return Parse(bytes).head.keep_alive; };
  CHECK(persists(WithFields("Connection: foo\r\n")));
  CHECK(!persists(WithFields("Connection: foo ,  CLOSE\r\n")));
  CHECK(!persists(WithFields("Connection: keep-alive\r\nConnection: close\r\n")));
  CHECK(!persists("GET / HTTP/1.0\r\n\r\n"));
  CHECK(persists("GET / HTTP/1.0\r\nConnection: a, Keep-Alive\r\n\r\n"));
  CHECK(!persists("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"));
  CHECK(Parse(WithFields("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n")).head.upgrade);
  CHECK(!Parse(WithFields("Upgrade: websocket\r\n")).head.upgrade);
  CHECK(!Parse(WithFields("Connection: upgrade\r\n")).head.upgrade);
  CHECK(!Parse("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n").head.upgrade);
  CHECK(Parse("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n").head.upgrade);
}

TEST("each request target's form is accepted for its method alone") {
  const auto host = [](std::string_view bytes) { return Cut(bytes, Parse(bytes).head.host); };
  CHECK_EQUAL(host(WithTarget("GET http://b:80/x?y")), "b:80");
  CHECK_EQUAL(host(WithTarget("GET HTTPS://b?y")), "b");
  CHECK_EQUAL(host(WithTarget("CONNECT [::1]:443")), "[::1]:443");
  CHECK_EQUAL(host(WithTarget("OPTIONS *")), "a");
  CHECK_EQUAL(host(WithTarget("GET /{|}\"[]^`\\%zz?a=/b?c")), "a");
  for (const char* bad : {"GET *",
                          "GET b:80",
                          "GET b",
                          "CONNECT /",
                          "CONNECT b",
                          "CONNECT :1",
                          "CONNECT http://b/",
                          "CONNECT b:x",
                          "GET ftp://b/",
                          "GET http:/b",
                          "GET http:///",
                          "GET http://u@b/",
                          "GET http://:80/",
                          "GET /a#b",
                          "GET /\x80",
                          "GET /\x7f",
                          "GET  /",
                          "GET\t/",
                          "GET ",
                          "OPTIONS *x",
                          "GET ?x",
                          "CONNECT [::1",
                          "GET http://[::1/"}) {
    CheckRefused(400, WithTarget(bad));
  }
}

TEST("what smuggles is refused") {
  for (const char* bad : {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
                          "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
                          "Content-Length: 1\r\nContent-Length: 1\r\n",
                          "Content-Length: 1, 1\r\n",
                          "Content-Length: +1\r\n",
                          "Content-Length: -1\r\n",
                          "Content-Length: 0x1\r\n",
                          "Content-Length: 1 1\r\n",
                          "Content-Length:\r\n",
                          "Content-Length: 9007199254740992\r\n",
                          "Content-Length: 18446744073709551617\r\n",
                          "Content-Length: 1e1\r\n",
                          "Transfer-Encoding:\r\n",
                          "Transfer-Encoding: identity\r\n",
                          "Transfer-Encoding: gzip\r\n",
                          "Transfer-Encoding: xchunked\r\n",
                          "Transfer-Encoding: chunkedx\r\n",
                          "Transfer-Encoding: chunked, gzip\r\n",
                          "Transfer-Encoding: chunked, chunked\r\n",
                          "Transfer-Encoding: chunked;a=b\r\n",
                          "Transfer-Encoding: ,chunked\r\n",
                          "Transfer-Encoding: chunked,\r\n",
                          "Transfer-Encoding: \"chunked\"\r\n",
                          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                          "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                          "Transfer-Encoding: \x0b"
                          "chunked\r\n",
                          "Content-Length : 1\r\n",
                          "Content-Length\t: 1\r\n",
                          " X: folded\r\n",
                          "X: a\r\n\tb\r\n",
                          "X: a\r\n b\r\n",
                          "X: a\nY: b\r\n",
                          "X: a\rY: b\r\n",
                          "X: a\r\r\n",
                          "X: a\x01\r\n",
                          "X: a\x7f\r\n",
                          "X\r\n",
                          ": x\r\n",
                          "X Y: z\r\n",
                          "X\x80: z\r\n",
                          "X(: z\r\n",
                          "\n",
                          "\rX: a\r\n",
                          "Host: a\r\n",
                          "Host: b\r\n"}) {
    CheckRefused(400, WithFields(bad));
  }
  CheckRefused(400, WithFields(std::string_view("X: a\0b\r\n", 8)));
  CheckRefused(400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
  CheckRefused(400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n");
}

TEST("a transfer coding that is not implemented, below chunked, is a 501") {
  CheckRefused(501, WithFields("Transfer-Encoding: gzip, chunked\r\n"));
  CheckRefused(501, WithFields("Transfer-Encoding: identity, chunked\r\n"));
  CheckRefused(501, WithFields("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"));
}

TEST("Host is required once and must be valid") {
  CheckRefused(400, "GET / HTTP/1.1\r\n\r\n");
  CheckRefused(400, "GET http://a/ HTTP/1.1\r\n\r\n");
  CheckRefused(400, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n");
  for (const char* bad : {"a b", "a/", "u@a", "a:b", "a:1:2", "[::1", "::1", "[]", "[:g:]", "a%4", "a%zz", "\x80", "a?",
                          "a#", "[::1]x", "<a>"}) {
    CheckRefused(400, "GET / HTTP/1.1\r\nHost: " + std::string(bad) + "\r\n\r\n");
  }
  for (const char* good : {"", "a", "a:", "a:8080", "a.b-c_d~e", "%41", "127.0.0.1:1", "[::ffff:1.2.3.4]:1"}) {
    const std::string bytes = "GET / HTTP/1.1\r\nHost: " + std::string(good) + "\r\n\r\n";
    CHECK_EQUAL(Cut(bytes, Parse(bytes).head.host), good);
  }
}

TEST("a version other than 1.x is a 505, and garbage a 400") {
  CheckRefused(505, "GET / HTTP/2.0\r\n\r\n");
  CheckRefused(505, "GET / HTTP/0.9\r\n\r\n");
  CheckRefused(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  for (const char* bad : {"HTTP/1", "HTTP/1.", "HTTP/1.10", "HTTP/01.1", "http/1.1", "HTTP/1.1 ", " HTTP/1.1",
                          "HTTP/1,1", "HTTPS/1.1", "HTTP/1.1\r", "", "ICY/1.1", "HTTP/x.1"}) {
    CheckRefused(400, "GET / " + std::string(bad) + "\r\nHost: a\r\n\r\n");
  }
  CheckRefused(400, "GET /\r\n");
  CheckRefused(400, "GET / HTTP/1.1\nHost: a\r\n\r\n");
}

TEST("an expectation that is not known is a 417") {
  CheckRefused(417, WithFields("Expect: 200-ok\r\n"));
  CheckRefused(417, WithFields("Expect: 100-continue, x\r\n"));
}

TEST("limits are exact") {
  const HeadLimits line{.line = 16};
  CHECK(Parse("GET /4 HTTP/1.1\r\nHost: a\r\n\r\n", line).outcome.kind == Kind::kComplete);
  CHECK(Parse("GET /45 HTTP/1.1\r\nHost: a\r\n\r\n", line).outcome.kind == Kind::kComplete);
  CheckSplits("GET /45 HTTP/1.1\r\nHost: a\r\n\r\n", line);
  CheckRefused(414, "GET /456 HTTP/1.1\r\nHost: a\r\n\r\n", line);
  CheckRefused(414, "GET /45678901234567890", line);
  CheckRefused(501, "GETGETGETGETGETGETGET / HTTP/1.1", line);
  const HeadLimits field{.field_size = 8};
  CheckSplits("GET / HTTP/1.1\r\nHost: a\r\nX:  a  b\r\n\r\n", field);
  CHECK(Parse("GET / HTTP/1.1\r\nHost: a\r\nX:  a  b\r\n\r\n", field).outcome.kind == Kind::kComplete);
  CheckRefused(431, "GET / HTTP/1.1\r\nHost: a\r\nX:  a   b\r\n\r\n", field);
  CheckRefused(431, "GET / HTTP/1.1\r\nHost: a\r\nXxxxxxxxx: b\r\n\r\n", field);
  const HeadLimits count{.fields = 2};
  CHECK(Parse("GET / HTTP/1.1\r\nHost: a\r\nB: b\r\n\r\n", count).outcome.kind == Kind::kComplete);
  CheckRefused(431, "GET / HTTP/1.1\r\nHost: a\r\nB: b\r\nC: c\r\n\r\n", count);
  const HeadLimits head{.head = 27};
  CHECK(Parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n", head).outcome.kind == Kind::kComplete);
  CheckRefused(431, "GET / HTTP/1.1\r\nHost: ab\r\n\r\n", head);
  CheckRefused(414, "GET /abcdefghijklmnopqrstuvwxyz", HeadLimits{.line = 0, .head = 27});
}

TEST("more fields than the table has room for are refused though the settings name no limit") {
  std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (uint32_t i = 1; i < kMaxFields; ++i) bytes += "x:\r\n";
  const HeadLimits unlimited{.line = 0, .fields = 0, .field_size = 0};
  CHECK(Parse(bytes + "\r\n", unlimited).outcome.kind == Kind::kComplete);
  CHECK_EQUAL(Parse(bytes + "x:\r\n\r\n", unlimited).outcome.fault.status, 431);
}

TEST("garbage is refused at its first wrong byte") {
  const auto needed = [](std::string_view bytes) {
    std::vector<size_t> sizes;
    for (size_t size = 1; size <= bytes.size(); ++size) sizes.push_back(size);
    const Parsed parsed = ParseInSteps(bytes, sizes);
    return parsed.outcome.kind == Kind::kRefused ? parsed.needed : 0;
  };
  CHECK_EQUAL(needed("\x16\x03\x01\x02"), 1u);
  CHECK_EQUAL(needed("\n"), 1u);
  CHECK_EQUAL(needed("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r"), 21u);
  CHECK_EQUAL(needed("SSH-2.0-OpenSSH_9.2\r\n"), 20u);
  CHECK_EQUAL(needed("GET / HTTQ"), 10u);
  CHECK_EQUAL(needed("GET / HTTP/1.1\r\nHost: a\r\nX: \x01"), 29u);
  CHECK_EQUAL(needed("GET / HTTP/1.1\r\nHost: a\r\n folded"), 26u);
}

TEST("a caller that starts over with fewer bytes reads nothing beyond them") {
  Parsed parsed;
  HeadProgress progress;
  ParseExactly(kBrowser.substr(0, 200), {}, progress, parsed);
  CHECK(ParseExactly(kBrowser.substr(0, 20), {}, progress, parsed).kind == Kind::kPartial);
  CHECK(ParseExactly(kBrowser, {}, progress, parsed).kind == Kind::kComplete);
}

}  // namespace
}  // namespace picoev
