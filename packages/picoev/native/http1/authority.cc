#include "http1/authority.h"

#include <algorithm>

#include "http1/octets.h"

namespace picoev {
namespace {

bool AllAre(std::string_view text, OctetClass classes) {
  return std::all_of(text.begin(), text.end(), [classes](char c) { return Is(static_cast<uint8_t>(c), classes); });
}

bool IsRegName(std::string_view text) {
  if (!AllAre(text, kRegName)) return false;
  for (size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    const std::string_view digits = text.substr(at + 1, 2);
    if (digits.size() < 2 || !AllAre(digits, kHexDigit)) return false;
  }
  return true;
}

/// An IPv6 address as far as its characters go. IPvFuture is refused: there is none.
bool IsIpLiteral(std::string_view text) {
  if (text.size() < 4 || text.front() != '[' || text.back() != ']') return false;
  const std::string_view address = text.substr(1, text.size() - 2);
  return std::count(address.begin(), address.end(), ':') >= 2 &&
         std::all_of(address.begin(), address.end(),
                     [](char c) { return c == ':' || c == '.' || Is(static_cast<uint8_t>(c), kHexDigit); });
}

struct HostAndPort {
  std::string_view host;
  /// Empty when there is none.
  std::string_view port;
};

HostAndPort Split(std::string_view authority) {
  const size_t host_end = authority.starts_with('[') ? authority.find(']') : 0;
  const size_t colon = authority.find(':', host_end == std::string_view::npos ? 0 : host_end);
  if (colon == std::string_view::npos) return {authority, {}};
  return {authority.substr(0, colon), authority.substr(colon + 1)};
}

TargetForm CheckAbsolute(std::string_view target) {
  const size_t scheme_end = target.find("://");
  const std::string_view scheme = target.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos ||
      !(EqualsIgnoringCase(scheme, "http") || EqualsIgnoringCase(scheme, "https"))) {
    return {"the request target has no form that its method allows (RFC 9112, 3.2)", {}};
  }
  const std::string_view rest = target.substr(scheme_end + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  if (Split(authority).host.empty()) return {"an http URI's host is empty (RFC 9110, 4.2.1)", {}};
  if (!IsAuthority(authority)) return {"the request target's authority is invalid (RFC 9110, 4.2)", {}};
  return {nullptr, authority};
}

TargetForm CheckConnect(std::string_view target) {
  const auto [host, port] = Split(target);
  if (host.empty() || port.empty() || !IsAuthority(target)) {
    return {"CONNECT asks for a host and a port (RFC 9112, 3.2.3)", {}};
  }
  return {nullptr, target};
}

}  // namespace

bool IsAuthority(std::string_view text) {
  const auto [host, port] = Split(text);
  return AllAre(port, kDigit) && (host.starts_with('[') ? IsIpLiteral(host) : IsRegName(host));
}

TargetForm CheckTarget(std::string_view method, std::string_view target) {
  if (method == "CONNECT") return CheckConnect(target);
  if (target.front() == '/') return {};
  if (target != "*") return CheckAbsolute(target);
  if (method == "OPTIONS") return {};
  return {"the target * is for OPTIONS alone (RFC 9112, 3.2.4)", {}};
}

}  // namespace picoev
