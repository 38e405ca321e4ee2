#include "net/proxy_reader.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

namespace picoev {

ProxyHeader ProxyReader::Read(int fd) {
  std::array<uint8_t, kMostProxyHeader> bytes;
  const size_t before = taken_.size();
  std::ranges::copy(taken_, bytes.begin());
  const ssize_t size = recv(fd, bytes.data() + before, bytes.size() - before, MSG_PEEK);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return {};
  if (size <= 0) {
    const bool is_cut = size == 0 && before > 0;
    return {.kind = ProxyHeader::Kind::kRefused, .reason = is_cut ? kProxyHeaderCut : nullptr};
  }
  const size_t come = before + static_cast<size_t>(size);
  const ProxyHeader header = ParseProxyHeader(std::span(bytes).first(come));
  if (header.kind == ProxyHeader::Kind::kRefused) return header;
  const size_t ours = header.kind == ProxyHeader::Kind::kComplete ? header.size : come;
  // What was just seen there is there.
  (void)recv(fd, bytes.data() + before, ours - before, 0);
  taken_.assign(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(ours));
  return header;
}

}  // namespace picoev
