#include "stream/write_now.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

namespace picoev {
namespace {

#ifdef MSG_NOSIGNAL
constexpr int kSendNow = MSG_DONTWAIT | MSG_NOSIGNAL;
#else
constexpr int kSendNow = MSG_DONTWAIT;
#endif

/// As write(2), without waiting, or -1 with EOPNOTSUPP where the system cannot do that for this kind of file.
ssize_t WriteWithoutWait(int fd, std::span<const uint8_t> bytes) {
#ifdef RWF_NOWAIT
  const iovec vector{.iov_base = const_cast<uint8_t*>(bytes.data()), .iov_len = bytes.size()};
  constexpr off_t kAtTheEnd = -1;
  return pwritev2(fd, &vector, 1, kAtTheEnd, RWF_NOWAIT);
#else
  (void)fd;
  (void)bytes;
  errno = EOPNOTSUPP;
  return -1;
#endif
}

bool CannotWriteWithoutWait() { return errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL; }

bool HasRoom(int fd) {
  pollfd asked{.fd = fd, .events = POLLOUT, .revents = 0};
  return poll(&asked, 1, 0) != 0;
}

}  // namespace

Result<size_t> WriteNow(int fd, std::span<const uint8_t> bytes) {
  ssize_t written = send(fd, bytes.data(), bytes.size(), kSendNow);
  if (written >= 0) return static_cast<size_t>(written);
  if (errno != ENOTSOCK) return FromErrno("send");

  written = WriteWithoutWait(fd, bytes);
  if (written >= 0) return static_cast<size_t>(written);
  if (!CannotWriteWithoutWait()) return FromErrno("write");

  if (!HasRoom(fd)) return Failure{.syscall = "write", .error = EAGAIN};
  written = write(fd, bytes.data(), bytes.size());
  if (written >= 0) return static_cast<size_t>(written);
  return FromErrno("write");
}

}  // namespace picoev
