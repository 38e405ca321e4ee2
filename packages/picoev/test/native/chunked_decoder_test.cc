// Chunked bodies: what is decoded and what is refused, at any split.
#include "http1/chunked_decoder.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "check.h"
#include "random.h"

namespace picoev {
namespace {

using Kind = ChunkedDecoder::Outcome::Kind;

constexpr HeadLimits kLimits{.fields = 4, .field_size = 8190};

/// Feeds pieces that end at `ends`, each in memory of its exact size, and tells all that came out as one text.
std::string DecodeInPieces(std::string_view bytes, const std::vector<size_t>& ends, const HeadLimits& limits = kLimits) {
  ChunkedDecoder decoder(1);
  std::string body;
  std::string trailers;
  size_t begin = 0;
  for (const size_t end : ends) {
    std::vector<uint8_t> piece(bytes.begin() + static_cast<ptrdiff_t>(begin),
                               bytes.begin() + static_cast<ptrdiff_t>(end));
    const ChunkedDecoder::Outcome outcome = decoder.Decode(piece, limits);
    body.append(piece.begin(), piece.begin() + outcome.produced);
    trailers.append(piece.begin() + outcome.produced, piece.begin() + outcome.produced + outcome.trailers);
    if (outcome.kind == Kind::kBad) return (outcome.fault.status == 400 ? "bad: " : "long: ") + std::string(outcome.fault.reason);
    if (outcome.kind == Kind::kEnd) return body + "|" + trailers + std::to_string(begin + outcome.consumed);
    CHECK_EQUAL(outcome.consumed, piece.size());
    begin = end;
  }
  return body + "|more";
}

std::string Decode(std::string_view bytes, const HeadLimits& limits = kLimits) {
  const std::string whole = DecodeInPieces(bytes, {bytes.size()}, limits);
  std::vector<size_t> each;
  for (size_t end = 0; end <= bytes.size(); ++end) {
    each.push_back(end);
    CHECK_EQUAL(DecodeInPieces(bytes, {end, bytes.size()}, limits), whole, "split at " + std::to_string(end));
  }
  CHECK_EQUAL(DecodeInPieces(bytes, each, limits), whole, "one byte at a time");
  return whole;
}

TEST("a chunked body is decoded, at any split") {
  CHECK_EQUAL(Decode("0\r\n\r\n"), "|5");
  CHECK_EQUAL(Decode("5\r\nhello\r\n0\r\n\r\nGET"), "hello|15");
  CHECK_EQUAL(Decode("5\r\nhello\r\n00A\r\n, chunked!\r\n0000\r\n\r\n"), "hello, chunked!|35");
  CHECK_EQUAL(Decode("1;a;b=c ; d = \"e\\\"\t;\x80\"\r\nx\r\n0;z\r\n\r\n"), "x|34");
  CHECK_EQUAL(Decode("3\r\nab"), "ab|more");
}

TEST("trailer fields come out behind the body, each with its line's end") {
  CHECK_EQUAL(Decode("1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\nrest"), "x|A: b\r\nC:\r\n21");
  CHECK_EQUAL(Decode("0;x\r\nX-Sum:\t1: \xff \r\n\r\n"), "|X-Sum:\t1: \xff \r\n21");
}

TEST("trailer fields are counted together with those of the head, and each is measured") {
  const std::string head = "1\r\nx\r\n0\r\n";
  CHECK_EQUAL(Decode(head + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n"), "x|A: 1\r\nB: 2\r\nC: 3\r\n29");
  CHECK_EQUAL(Decode(head + "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n").substr(0, 5), "long:");
  const HeadLimits short_fields{.fields = 0, .field_size = 6};
  CHECK_EQUAL(Decode(head + "A: 123\r\nB:1234\r\n\r\n", short_fields), "x|A: 123\r\nB:1234\r\n27");
  CHECK_EQUAL(Decode(head + "A: 123\r\nB: 1234\r\n\r\n", short_fields).substr(0, 5), "long:");
}

TEST("what is no chunked body is refused, at any split") {
  for (const char* bad : {"\r\n",
                          "g\r\n",
                          "0x1\r\n",
                          "-1\r\n",
                          "+1\r\n",
                          " 1\r\n",
                          "1 \r\nx\r\n",
                          "1\nx\r\n",
                          "1\r\nx\n",
                          "1\r\nxy\r\n",
                          "1\rx",
                          "1\r\nx\r0",
                          "1;\r\nx\r\n",
                          "1;a=\r\n",
                          "1;a b\r\n",
                          "1;a=\"b\nc\"\r\n",
                          "1;=b\r\n",
                          "1;a\nx\r\n",
                          "1;a \r\nx",
                          "1;a=\"b\"c\r\n",
                          "0\r\nA : b\r\n",
                          "0\r\n folded\r\n",
                          "0\r\nA: b\n\n",
                          "0\r\nA: b\rc",
                          "0\r\nA\r\n",
                          "0\r\n: b\r\n",
                          "0\r\nA: \x01\r\n",
                          "0\r\n\rX",
                          "0\r\n\n",
                          "11111111111111\r\n",
                          "00000000000001\r\nx\r\n"}) {
    CHECK_EQUAL(Decode(bad).substr(0, 4), "bad:", bad);
  }
}

TEST("a decoder that has refused goes on refusing") {
  ChunkedDecoder decoder;
  std::vector<uint8_t> bad{'x'};
  std::vector<uint8_t> good{'0', '\r', '\n', '\r', '\n'};
  CHECK(decoder.Decode(bad, kLimits).kind == Kind::kBad);
  CHECK(decoder.Decode(good, kLimits).kind == Kind::kBad);
}

TEST("extensions of a chunk beyond 16 KiB, and with trailers beyond the body's own size and 32 KiB, are refused") {
  const auto outcome = [](std::string text) { return DecodeInPieces(text, {text.size()}).substr(0, 4); };
  const std::string end = "\r\n0\r\n\r\n";
  CHECK_EQUAL(outcome("1;" + std::string(20'000, 'a') + "\r\nx" + end), "long");
  CHECK_EQUAL(DecodeInPieces("0\r\nA: " + std::string(40'000, 'a') + "\r\n\r\n", {40'011}, {}).substr(0, 5), "long:");
  const std::string chunk = "1;" + std::string(10'000, 'a') + "\r\nx\r\n";
  CHECK_EQUAL(outcome(chunk + chunk + chunk + "0\r\n\r\n"), "xxx|");
  CHECK_EQUAL(outcome(chunk + chunk + chunk + chunk + "0\r\n\r\n"), "long");
  CHECK_EQUAL(outcome("1;" + std::string(16'000, 'a') + "\r\nx" + end), "x|16");
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "64;signature=0123456789\r\n" + std::string(100, 'x') + "\r\n";
  CHECK_EQUAL(outcome(many + "0\r\n\r\n"), "xxxx");
}

TEST("random bodies in random chunks and pieces come out whole") {
  test::Random random(7);
  for (int round = 0; round < 300; ++round) {
    std::string body;
    std::string bytes;
    for (uint32_t chunks = random.Below(6); chunks > 0; --chunks) {
      std::string chunk(1 + random.Below(300), '\0');
      for (char& c : chunk) c = static_cast<char>(random.Next());
      char size[16];
      std::snprintf(size, sizeof size, random.Below(2) != 0 ? "%zx\r\n" : "%zX;x\r\n", chunk.size());
      bytes += size + chunk + "\r\n";
      body += chunk;
    }
    bytes += "0\r\n\r\n";
    std::vector<size_t> ends;
    for (size_t end = 0; end < bytes.size(); end += 1 + random.Below(100)) ends.push_back(end);
    ends.push_back(bytes.size());
    CHECK(DecodeInPieces(bytes, ends) == body + "|" + std::to_string(bytes.size()));
  }
}

}  // namespace
}  // namespace picoev
