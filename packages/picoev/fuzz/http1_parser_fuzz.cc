// Any bytes as a head and, behind it, as a chunked body: no reading or writing beyond them, every piece within the
// head, and the same outcome however the bytes are split.
#include <algorithm>
#include <string>
#include <vector>

#include "http1/chunked_decoder.h"
#include "fuzz.h"

namespace picoev::fuzz {
namespace {

using Kind = HeadOutcome::Kind;

struct Parsed {
  HeadOutcome outcome{Kind::kPartial};
  Head head;
  std::vector<Field> fields = {};
};

/// `most` bytes more at most with each call, in memory of its exact size.
Parsed Parse(std::span<const uint8_t> bytes, const HeadLimits& limits, uint32_t most, test::Random& random) {
  static std::vector<Field> table(kMaxFields);
  Parsed parsed;
  HeadProgress progress;
  for (size_t size = 0; parsed.outcome.kind == Kind::kPartial && size < bytes.size();) {
    size = std::min<size_t>(bytes.size(), size + 1 + random.Below(most));
    const std::vector<uint8_t> prefix(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
    parsed.outcome = ParseHead(prefix, limits, progress, parsed.head, table);
  }
  if (parsed.outcome.kind == Kind::kComplete) {
    parsed.fields.assign(table.begin(), table.begin() + parsed.head.field_count);
  }
  return parsed;
}

void RequireWithin(Piece piece, const Head& head) {
  Require(uint64_t{piece.offset} + piece.size <= head.size, "a piece is within its head");
}

void RequireSound(const Parsed& parsed, size_t size, const HeadLimits& limits) {
  const Head& head = parsed.head;
  if (parsed.outcome.kind == Kind::kRefused) {
    Require(parsed.outcome.fault.status >= 400 && parsed.outcome.fault.reason != nullptr, "a refusal has a status and a reason");
  }
  if (parsed.outcome.kind != Kind::kComplete) return;
  Require(head.size <= size && head.size <= limits.head, "a head is within its bytes and limits");
  Require(head.field_count <= (limits.fields == 0 ? kMaxFields : limits.fields), "fields are within their limit");
  Require(head.method.size > 0 && head.target.size > 0, "method and target are there");
  for (const Piece piece : {head.method, head.target, head.host}) RequireWithin(piece, head);
  for (uint32_t i = 0; i < head.field_count; ++i) {
    RequireWithin(parsed.fields[i].name, head);
    RequireWithin(parsed.fields[i].value, head);
    Require(parsed.fields[i].name.size > 0, "a field has a name");
  }
}

bool SamePiece(Piece a, Piece b) { return a.offset == b.offset && a.size == b.size; }

void RequireSame(const Parsed& a, const Parsed& b) {
  Require(a.outcome.kind == b.outcome.kind && a.outcome.fault.status == b.outcome.fault.status, "splits do not change the outcome");
  if (a.outcome.kind != Kind::kComplete) return;
  Require(a.head.size == b.head.size && a.head.field_count == b.head.field_count &&
              SamePiece(a.head.host, b.head.host) && a.head.framing == b.head.framing &&
              a.head.content_length == b.head.content_length && a.head.keep_alive == b.head.keep_alive &&
              a.head.upgrade == b.head.upgrade,
          "splits do not change the head");
  for (uint32_t i = 0; i < a.head.field_count; ++i) {
    Require(SamePiece(a.fields[i].name, b.fields[i].name) && SamePiece(a.fields[i].value, b.fields[i].value),
            "splits do not change a field");
  }
}

struct Decoded {
  ChunkedDecoder::Outcome::Kind kind = ChunkedDecoder::Outcome::Kind::kMore;
  size_t consumed = 0;
  std::string body;
  std::string trailers;
};

Decoded Decode(std::span<const uint8_t> bytes, const HeadLimits& limits, uint32_t most, test::Random& random) {
  ChunkedDecoder decoder;
  Decoded decoded;
  while (decoded.consumed < bytes.size() && decoded.kind == ChunkedDecoder::Outcome::Kind::kMore) {
    const auto rest = bytes.subspan(decoded.consumed);
    const auto piece = rest.first(std::min<size_t>(rest.size(), 1 + random.Below(most)));
    std::vector<uint8_t> copy(piece.begin(), piece.end());
    const ChunkedDecoder::Outcome outcome = decoder.Decode(copy, limits);
    Require(outcome.produced + outcome.trailers <= outcome.consumed && outcome.consumed <= copy.size(),
            "a body and its trailers are shorter than its chunks");
    const auto end = copy.begin() + outcome.produced;
    decoded.body.append(copy.begin(), end);
    decoded.trailers.append(end, end + outcome.trailers);
    decoded.consumed += outcome.consumed;
    decoded.kind = outcome.kind;
  }
  return decoded;
}

void TryChunks(std::span<const uint8_t> bytes, const HeadLimits& limits, test::Random& random) {
  const Decoded whole = Decode(bytes, limits, UINT32_MAX, random);
  const Decoded split = Decode(bytes, limits, 1 + random.Below(16), random);
  Require(whole.kind == split.kind && whole.consumed == split.consumed && whole.body == split.body &&
              whole.trailers == split.trailers,
          "splits do not change a chunked body");
  Require(std::ranges::count(whole.trailers, '\n') <= limits.MostFields(), "trailers are bounded");
}

void Try(std::span<const uint8_t> bytes) {
  test::Random random = RandomOf(bytes);
  const HeadLimits limits = LimitsOf(random);
  const Parsed whole = Parse(bytes, limits, UINT32_MAX, random);
  RequireSound(whole, bytes.size(), limits);
  const Parsed split = Parse(bytes, limits, 1 + random.Below(16), random);
  RequireSame(whole, split);
  TryChunks(whole.outcome.kind == Kind::kComplete ? bytes.subspan(whole.head.size) : bytes, limits, random);
}

}  // namespace
}  // namespace picoev::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  picoev::fuzz::Try({data, size});
  return 0;
}
