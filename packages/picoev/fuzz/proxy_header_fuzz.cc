// Any bytes as a header of PROXY protocol: no reading beyond them, the same outcome however they are split, and once there is one,
// what follows does not change it.
#include <vector>

#include "fuzz.h"
#include "net/proxy_header.h"

namespace picoev::fuzz {
namespace {

using Kind = ProxyHeader::Kind;

/// In memory of its exact size.
ProxyHeader Parse(std::span<const uint8_t> bytes) {
  const std::vector<uint8_t> copy(bytes.begin(), bytes.end());
  return ParseProxyHeader(copy);
}

bool IsSame(const ProxyHeader& one, const ProxyHeader& other) {
  if (one.kind != other.kind || one.size != other.size || one.client.has_value() != other.client.has_value()) return false;
  return !one.client || (one.client->address == other.client->address && one.client->port == other.client->port);
}

void Try(std::span<const uint8_t> bytes) {
  const ProxyHeader whole = Parse(bytes);
  Require((whole.kind == Kind::kRefused) == (whole.reason != nullptr), "a refusal has a reason, and nothing else has");
  Require(whole.kind != Kind::kComplete || (whole.size > 0 && whole.size <= bytes.size()), "a header is within its bytes");
  Require(whole.size <= kMostProxyHeader, "a header is within its bounds");
  Require(whole.kind != Kind::kPartial || bytes.size() < kMostProxyHeader, "nobody waits for more than a header may have");
  Require(!whole.client || !whole.client->Text().empty(), "an address has a text");
  for (size_t size = 0; size < bytes.size(); ++size) {
    const ProxyHeader part = Parse(bytes.first(size));
    if (part.kind == Kind::kPartial) continue;
    Require(part.kind == Kind::kRefused ? whole.kind == Kind::kRefused : IsSame(part, whole), "what follows changes nothing");
    Require(part.kind != Kind::kComplete || part.size == size, "a header is complete with its last byte");
    return;
  }
}

}  // namespace
}  // namespace picoev::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  picoev::fuzz::Try({data, size});
  return 0;
}
