// Takes a header of PROXY protocol off a socket, in as many pieces as it comes in, and not a byte more.
#pragma once

#include <string>

#include "net/proxy_header.h"

namespace picoev {

class ProxyReader {
 public:
  /// `fd` is non-blocking. Refused without a reason: it has ended without a word, or was reset.
  ProxyHeader Read(int fd);

 private:
  std::string taken_;
};

}  // namespace picoev
