#include "net/proxy_header.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

namespace picoev {
namespace {

using Kind = ProxyHeader::Kind;

/// With its CRLF: what the longest two addresses need.
constexpr size_t kMostLine = 107;
constexpr std::string_view kLineBegin = "PROXY ";
constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
/// Signature, version and command, family and transport, length of what follows.
constexpr size_t kFixedPart = 16;
/// Kind and length.
constexpr size_t kTlvHead = 3;
constexpr uint8_t kChecksumTlv = 0x03;

ProxyHeader Refused(const char* reason) { return {.kind = Kind::kRefused, .reason = reason}; }

ProxyHeader Complete(size_t size, std::optional<Endpoint> client = std::nullopt) {
  return {.kind = Kind::kComplete, .size = size, .client = client};
}

uint16_t Word(const uint8_t* bytes) { return static_cast<uint16_t>(bytes[0] << 8 | bytes[1]); }

/// Whether one begins with the other.
bool Agree(std::string_view text, std::string_view begin) {
  const size_t size = std::min(text.size(), begin.size());
  return text.substr(0, size) == begin.substr(0, size);
}

// Version 1: a line of text.

/// Takes the text up to the next space, and the space.
std::string_view TakeWord(std::string_view& line) {
  const size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  return word;
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool is_padded = text.size() > 1 && text.front() == '0';
  if (error != std::errc() || end != text.data() + text.size() || is_padded) return std::nullopt;
  return port;
}

bool ParseAddress(int family, std::string_view text, std::array<uint8_t, 16>& bytes) {
  // A zero would end the text for inet_pton(3) alone.
  return text.find('\0') == std::string_view::npos && inet_pton(family, std::string(text).c_str(), bytes.data()) == 1;
}

ProxyHeader ParseLine(std::string_view bytes) {
  const std::string_view within = bytes.substr(0, kMostLine);
  const size_t end = within.find('\n');
  if (end == std::string_view::npos) {
    return bytes.size() < kMostLine ? ProxyHeader{} : Refused("the line of its PROXY header is longer than 107 bytes");
  }
  if (within[end - 1] != '\r') return Refused("the line of its PROXY header does not end with CRLF");
  std::string_view line = within.substr(kLineBegin.size(), end - 1 - kLineBegin.size());
  const bool ends_bare = !line.empty() && line.back() == ' ';
  const std::string_view family = TakeWord(line);
  if (family == "UNKNOWN") return Complete(end + 1);
  if (family != "TCP4" && family != "TCP6") return Refused("the family of its PROXY header is none of TCP4, TCP6 and UNKNOWN");
  const int kind = family == "TCP4" ? AF_INET : AF_INET6;
  std::array<uint8_t, 16> source{};
  std::array<uint8_t, 16> destination{};
  const bool has_addresses =
      ParseAddress(kind, TakeWord(line), source) && ParseAddress(kind, TakeWord(line), destination);
  if (!has_addresses) return Refused("the addresses of its PROXY header are none of its family");
  const auto port = ParsePort(TakeWord(line));
  if (!port || !ParsePort(TakeWord(line)) || !line.empty() || ends_bare) return Refused("the ports of its PROXY header are no two ports");
  const Endpoint client =
      kind == AF_INET ? Endpoint::OfIpv4(source.data(), *port) : Endpoint::OfIpv6(source.data(), *port);
  return Complete(end + 1, client);
}

// Version 2: binary.

constexpr std::array<uint32_t, 256> MakeChecksumTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = sum & 1 ? sum >> 1 ^ 0x82f63b78 : sum >> 1;
    table[byte] = sum;
  }
  return table;
}
constexpr std::array<uint32_t, 256> kChecksums = MakeChecksumTable();

/// CRC-32C (RFC 3720, B.4) of a header whose checksum, at `at`, counts as zeros.
uint32_t Checksum(std::span<const uint8_t> header, size_t at) {
  uint32_t sum = UINT32_MAX;
  for (size_t i = 0; i < header.size(); ++i) {
    const uint8_t byte = i >= at && i < at + 4 ? 0 : header[i];
    sum = sum >> 8 ^ kChecksums[(sum ^ byte) & 0xff];
  }
  return ~sum;
}

/// What is wrong with what follows the addresses; null for nothing.
const char* CheckTlvs(std::span<const uint8_t> header, size_t at) {
  while (at < header.size()) {
    if (header.size() - at < kTlvHead) return "the last TLV of its PROXY header is cut";
    const size_t value = at + kTlvHead;
    const size_t size = Word(&header[at + 1]);
    if (size > header.size() - value) return "a TLV of its PROXY header is longer than that";
    if (header[at] == kChecksumTlv) {
      if (size != 4) return "the checksum of its PROXY header has not 4 bytes";
      const uint32_t told = uint32_t{Word(&header[value])} << 16 | Word(&header[value + 2]);
      if (told != Checksum(header, value)) return "the checksum of its PROXY header is wrong";
    }
    at = value + size;
  }
  return nullptr;
}

/// Bytes of the addresses of a family; nothing for one that does not exist.
std::optional<size_t> SizeOfAddresses(unsigned family) {
  constexpr std::array<size_t, 4> kSizes{0, 12, 36, 216};
  return family < kSizes.size() ? std::optional(kSizes[family]) : std::nullopt;
}

ProxyHeader ParseBinary(std::span<const uint8_t> bytes) {
  if (bytes.size() < kFixedPart) return {};
  const size_t size = kFixedPart + Word(&bytes[14]);
  const unsigned version = bytes[12] >> 4;
  const unsigned command = bytes[12] & 0xf;
  const unsigned family = bytes[13] >> 4;
  const unsigned transport = bytes[13] & 0xf;
  if (version != 2 || command > 1) return Refused("the version or command of its PROXY header does not exist");
  if (size > kMostProxyHeader) return Refused("its PROXY header is longer than 4096 bytes");
  const auto addresses = SizeOfAddresses(family);
  // LOCAL: whatever is said of a family counts for nothing.
  if (command == 1 && (!addresses || transport > 2)) return Refused("the family of its PROXY header does not exist");
  if (command == 1 && size < kFixedPart + *addresses) return Refused("its PROXY header is shorter than its addresses");
  if (bytes.size() < size) return {};
  const bool has_addresses = command == 1 && family != 0;
  if (!has_addresses) return Complete(size);
  const char* wrong = CheckTlvs(bytes.first(size), kFixedPart + *addresses);
  if (wrong != nullptr) return Refused(wrong);
  const uint8_t* at = &bytes[kFixedPart];
  if (family == 1 && transport != 0) return Complete(size, Endpoint::OfIpv4(at, Word(at + 8)));
  if (family == 2 && transport != 0) return Complete(size, Endpoint::OfIpv6(at, Word(at + 32)));
  return Complete(size);
}

}  // namespace

ProxyHeader ParseProxyHeader(std::span<const uint8_t> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (Agree(text, kLineBegin)) return text.size() < kLineBegin.size() ? ProxyHeader{} : ParseLine(text);
  if (Agree(text, kSignature)) return ParseBinary(bytes);
  return Refused("it does not begin with a PROXY header");
}

}  // namespace picoev
