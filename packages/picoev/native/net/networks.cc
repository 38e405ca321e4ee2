#include "net/networks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

namespace picoev {
namespace {

/// Bits of the prefix by which IPv4 addresses are mapped into IPv6.
constexpr unsigned kMappedBits = 96;

std::optional<Endpoint> ParseAddress(const std::string& text) {
  std::array<uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return Endpoint::OfIpv4(bytes.data(), 0);
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return Endpoint::OfIpv6(bytes.data(), 0);
  return std::nullopt;
}

std::optional<unsigned> ParseBits(std::string_view text, unsigned most) {
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc() || end != text.data() + text.size() || bits > most) return std::nullopt;
  return bits;
}

bool BeginAlike(const std::array<uint8_t, 16>& one, const std::array<uint8_t, 16>& other, unsigned bits) {
  const unsigned whole = bits / 8;
  if (!std::equal(one.begin(), one.begin() + whole, other.begin())) return false;
  return bits % 8 == 0 || (one[whole] ^ other[whole]) >> (8 - bits % 8) == 0;
}

}  // namespace

bool Networks::Add(const std::string& text) {
  if (text == "*") {
    all_ = true;
    return true;
  }
  const size_t slash = text.find('/');
  const auto address = ParseAddress(text.substr(0, slash));
  if (!address) return false;
  const unsigned most = address->is_ipv6 ? 128 : 32;
  const auto bits = slash == std::string::npos ? most : ParseBits(std::string_view(text).substr(slash + 1), most);
  if (!bits) return false;
  blocks_.push_back({.address = address->address, .bits = address->is_ipv6 ? *bits : kMappedBits + *bits});
  return true;
}

bool Networks::Has(const Endpoint& peer) const {
  // A block of IPv6 addresses that is so wide says nothing of IPv4.
  const bool is_ipv4 = peer.IsMapped();
  return all_ || std::ranges::any_of(blocks_, [&](const Block& block) {
           return (block.bits >= kMappedBits || !is_ipv4) && BeginAlike(block.address, peer.address, block.bits);
         });
}

}  // namespace picoev
