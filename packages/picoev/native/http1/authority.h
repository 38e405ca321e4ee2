// Whose request it is: the syntax of Host and of a request target's authority and form (RFC 9112, 3.2; RFC 3986, 3.2).
#pragma once

#include <optional>
#include <string_view>

namespace picoev {

/// Whether it is `uri-host [ ":" port ]`. The host may be empty, as Host's value may; user information is refused.
bool IsAuthority(std::string_view text);

struct TargetForm {
  /// Null when the target has the form that its method asks for; else why not. Static storage.
  const char* refusal = nullptr;
  /// The target's own authority, under absolute-form and authority-form; it replaces Host (RFC 9112, 3.2.2 and 3.3).
  std::optional<std::string_view> authority;
};

TargetForm CheckTarget(std::string_view method, std::string_view target);

}  // namespace picoev
