// Blocks of IP addresses, and which peers are within one of them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "net/endpoint.h"

namespace picoev {

class Networks {
 public:
  /// An address, a CIDR block, or `*` for all. False for anything else, which is left out.
  bool Add(const std::string& text);
  bool Has(const Endpoint& peer) const;
  /// The peer of a unix socket is always trusted: the mode of its file says who may connect.
  bool Trust(const Peer& peer) const { return peer.is_unix || (peer.endpoint && Has(*peer.endpoint)); }

 private:
  struct Block {
    std::array<uint8_t, 16> address;
    unsigned bits;
  };

  bool all_ = false;
  std::vector<Block> blocks_;
};

}  // namespace picoev
