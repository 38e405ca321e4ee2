// Which octets may stand where in HTTP/1.1: one table of 256 entries, one bit per class.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace picoev {

enum OctetClass : uint8_t {
  /// tchar (RFC 9110, 5.6.2): methods, field names, codings.
  kToken = 1,
  /// What a request target is let through with: visible ASCII but "#", which never reaches a server (RFC 9112, 3.2).
  /// RFC 3986 would also forbid ", <, >, \, ^, `, {, | and }, but browsers send some of them as they are.
  kTarget = 2,
  /// Of a field's value: field-vchar, SP and HTAB (RFC 9110, 5.5).
  kFieldValue = 4,
  /// reg-name (RFC 3986, 3.2.2); "%" needs two hexadecimal digits behind it.
  kRegName = 8,
  kHexDigit = 16,
  kDigit = 32,
  /// Inside of a quoted string, but for the backslash that escapes (RFC 9110, 5.6.4).
  kQuotedText = 64,
};

namespace internal {

constexpr bool IsAlphanumeric(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr bool IsOneOf(int c, std::string_view set) {
  return c != 0 && set.find(static_cast<char>(c)) != std::string_view::npos;
}

constexpr std::array<uint8_t, 256> MakeOctetTable() {
  std::array<uint8_t, 256> table{};
  for (int c = 0; c < 256; ++c) {
    const bool ascii = c < 0x80;
    const bool text = c == '\t' || (c >= 0x20 && c != 0x7f);
    uint8_t classes = 0;
    if (ascii && (IsAlphanumeric(c) || IsOneOf(c, "!#$%&'*+-.^_`|~"))) classes |= kToken;
    if (c > 0x20 && c < 0x7f && c != '#') classes |= kTarget;
    if (text) classes |= kFieldValue;
    if (ascii && (IsAlphanumeric(c) || IsOneOf(c, "-._~!$&'()*+,;=%"))) classes |= kRegName;
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) classes |= kHexDigit;
    if (c >= '0' && c <= '9') classes |= kDigit;
    if (text && c != '"' && c != '\\') classes |= kQuotedText;
    table[static_cast<size_t>(c)] = classes;
  }
  return table;
}

inline constexpr std::array<uint8_t, 256> kOctets = MakeOctetTable();

}  // namespace internal

constexpr bool Is(uint8_t octet, OctetClass classes) { return (internal::kOctets[octet] & classes) != 0; }

/// Of a hexadecimal digit.
constexpr uint8_t HexValue(uint8_t digit) {
  return static_cast<uint8_t>(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

inline std::string_view AsText(std::span<const uint8_t> octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

/// Whether the text is `lower`, which is written in lower case, in any case.
constexpr bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) != lower[i]) return false;
  }
  return true;
}

constexpr std::string_view TrimWhitespace(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Calls `element` for each element of a comma-separated list, empty ones too, without the white space around it.
template <typename Element>
constexpr void ForEachElement(std::string_view list, Element element) {
  for (;;) {
    const size_t comma = list.find(',');
    element(TrimWhitespace(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace picoev
