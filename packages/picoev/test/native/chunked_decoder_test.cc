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

/// Feeds pieces that end at `ends`, each in memory of its exact size, and tells all that came out as one text.
std::string DecodeInPieces(std::string_view bytes, const std::vector<size_t>& ends) {
  ChunkedDecoder decoder;
  std::string body;
  size_t begin = 0;
  for (const size_t end : ends) {
    std::vector<uint8_t> piece(bytes.begin() + static_cast<ptrdiff_t>(begin),
                               bytes.begin() + static_cast<ptrdiff_t>(end));
    const ChunkedDecoder::Outcome outcome = decoder.Decode(piece);
    body.append(piece.begin(), piece.begin() + outcome.produced);
    if (outcome.kind == Kind::kBad) return "bad: " + std::string(outcome.reason);
    if (outcome.kind == Kind::kEnd) return body + "|" + std::to_string(begin + outcome.consumed);
    CHECK_EQUAL(outcome.consumed, piece.size());
    begin = end;
  }
  return body + "|more";
}

std::string Decode(std::string_view bytes) {
  const std::string whole = DecodeInPieces(bytes, {bytes.size()});
  std::vector<size_t> each;
  for (size_t end = 0; end <= bytes.size(); ++end) {
    each.push_back(end);
    CHECK_EQUAL(DecodeInPieces(bytes, {end, bytes.size()}), whole, "split at " + std::to_string(end));
  }
  CHECK_EQUAL(DecodeInPieces(bytes, each), whole, "one byte at a time");
  return whole;
}

TEST("a chunked body is decoded, at any split") {
  CHECK_EQUAL(Decode("0\r\n\r\n"), "|5");
  CHECK_EQUAL(Decode("5\r\nhello\r\n0\r\n\r\nGET"), "hello|15");
  CHECK_EQUAL(Decode("5\r\nhello\r\n00A\r\n, chunked!\r\n0000\r\n\r\n"), "hello, chunked!|35");
  CHECK_EQUAL(Decode("1;a;b=c ; d = \"e\\\"\t;\x80\"\r\nx\r\n0;z\r\n\r\n"), "x|34");
  CHECK_EQUAL(Decode("1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\nrest"), "x|21");
  CHECK_EQUAL(Decode("3\r\nab"), "ab|more");
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
  CHECK(decoder.Decode(bad).kind == Kind::kBad);
  CHECK(decoder.Decode(good).kind == Kind::kBad);
}

TEST("extensions and trailers beyond the body's own size and 16 KiB are refused") {
  const auto outcome = [](std::string text) { return DecodeInPieces(text, {text.size()}).substr(0, 4); };
  const std::string end = "\r\n0\r\n\r\n";
  CHECK_EQUAL(outcome("1;" + std::string(20'000, 'a') + "\r\nx" + end), "bad:");
  CHECK_EQUAL(outcome("0\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n"), "bad:");
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
