#include "net/listen.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <memory>

namespace picoev {
namespace {

struct FreeAddrinfo {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using AddrinfoList = std::unique_ptr<addrinfo, FreeAddrinfo>;

bool Enable(int fd, int level, int option, bool on = true) {
  const int value = on ? 1 : 0;
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

bool SetNonBlockingAndCloseOnExec(int fd) {
  const int status = fcntl(fd, F_GETFL);
  const int flags = fcntl(fd, F_GETFD);
  return status >= 0 && flags >= 0 && fcntl(fd, F_SETFL, status | O_NONBLOCK) == 0 &&
         fcntl(fd, F_SETFD, flags | FD_CLOEXEC) == 0;
}

Result<UniqueFd> StreamSocket(int family) {
  UniqueFd fd(socket(family, SOCK_STREAM, 0));
  if (!fd.IsValid()) return FromErrno("socket");
  if (!SetNonBlockingAndCloseOnExec(fd.Get())) return FromErrno("fcntl");
  return fd;
}

Result<AddrinfoList> Resolve(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error == EAI_SYSTEM) return FromErrno("getaddrinfo");
  if (error != 0) {
    return Failure{.syscall = "getaddrinfo", .error = error, .domain = Failure::Domain::kResolver};
  }
  return AddrinfoList(list);
}

std::optional<Failure> ConfigureTcp(int fd, int family, const TcpOptions& options) {
  if (!Enable(fd, SOL_SOCKET, SO_REUSEADDR)) return FromErrno("setsockopt");
  if (options.reuse_port && !Enable(fd, SOL_SOCKET, SO_REUSEPORT)) return FromErrno("setsockopt");
  if (family == AF_INET6 && !Enable(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6_only)) return FromErrno("setsockopt");
  // On Linux every accepted socket inherits it, which saves a system call for each connection.
  if (!Enable(fd, IPPROTO_TCP, TCP_NODELAY)) return FromErrno("setsockopt");
  return std::nullopt;
}

Result<UniqueFd> BindTcp(const addrinfo& address, const TcpOptions& options) {
  Result<UniqueFd> created = StreamSocket(address.ai_family);
  auto* fd = std::get_if<UniqueFd>(&created);
  if (fd == nullptr) return created;
  if (auto failure = ConfigureTcp(fd->Get(), address.ai_family, options)) return *failure;
  if (bind(fd->Get(), address.ai_addr, address.ai_addrlen) != 0) return FromErrno("bind");
  if (listen(fd->Get(), options.backlog) != 0) return FromErrno("listen");
  return created;
}

/// A machine without IPv6 still resolves names to IPv6 addresses. Any other failure is meant for the user.
bool FamilyIsMissing(const Result<UniqueFd>& result) {
  const auto* failure = std::get_if<Failure>(&result);
  return failure != nullptr && (failure->error == EAFNOSUPPORT || failure->error == EADDRNOTAVAIL);
}

Result<sockaddr_un> UnixName(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.empty() || path.find('\0') != std::string::npos) {
    return Failure{.syscall = "bind", .error = EINVAL, .reason = "the path of a unix socket is a file name"};
  }
  if (path.size() >= sizeof name.sun_path) {
    return Failure{.syscall = "bind",
                   .error = ENAMETOOLONG,
                   .reason = "the path of a unix socket may have " + std::to_string(sizeof name.sun_path - 1) +
                             " bytes, and this one has " + std::to_string(path.size())};
  }
  std::memcpy(name.sun_path, path.data(), path.size());
  return name;
}

const sockaddr* Generic(const sockaddr_un& name) { return reinterpret_cast<const sockaddr*>(&name); }

/// Removes the socket that a dead server left at `path`. Nobody serves it exactly when connect(2) is refused.
std::optional<Failure> RemoveStale(const std::string& path, const sockaddr_un& name) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    // What else can be wrong with the path, bind(2) tells better.
    return std::nullopt;
  }
  if (!S_ISSOCK(status.st_mode)) {
    return Failure{.syscall = "bind", .error = ENOTSOCK, .reason = "a file that is not a socket is in its place"};
  }
  const Result<UniqueFd> probe = StreamSocket(AF_UNIX);
  if (const auto* failure = std::get_if<Failure>(&probe)) return *failure;
  if (connect(std::get<UniqueFd>(probe).Get(), Generic(name), sizeof name) != 0) {
    if (errno == ENOENT) return std::nullopt;
    if (errno == EACCES) return FromErrno("connect");
    if (errno == ECONNREFUSED) {
      if (unlink(path.c_str()) != 0 && errno != ENOENT) return FromErrno("unlink");
      return std::nullopt;
    }
  }
  return Failure{.syscall = "bind", .error = EADDRINUSE};
}

/// Binds with these permission bits. Not by chmod(2): in a folder that others may write, its path may by then be that of
/// another file. The umask is the whole process's for that moment.
std::optional<Failure> BindUnix(int fd, const sockaddr_un& name, std::optional<mode_t> mode) {
  const mode_t before = mode ? umask(0777 & ~*mode) : 0;
  const int result = bind(fd, Generic(name), sizeof name);
  const auto failure = result == 0 ? std::nullopt : std::optional(FromErrno("bind"));
  if (mode) umask(before);
  return failure;
}

/// An option of a socket that is a number, or the failure to read it.
Result<int> SocketOption(int fd, int option) {
  int value = 0;
  socklen_t length = sizeof value;
  if (getsockopt(fd, SOL_SOCKET, option, &value, &length) != 0) return FromErrno("getsockopt");
  return value;
}

}  // namespace

uint32_t CountWaiting(int listener) {
#ifdef __linux__
  tcp_info info{};
  socklen_t length = sizeof info;
  // Of a listening socket it is the length of its queue.
  if (getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &length) == 0) return info.tcpi_unacked;
#endif
  pollfd queue{.fd = listener, .events = POLLIN, .revents = 0};
  return poll(&queue, 1, 0) == 1 && (queue.revents & POLLIN) != 0 ? 1 : 0;
}

UniqueFd AcceptOne(int listener) {
#ifdef __linux__
  return UniqueFd(accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
#else
  UniqueFd connection(accept(listener, nullptr, nullptr));
  if (!connection.IsValid()) return connection;
  fcntl(connection.Get(), F_SETFL, fcntl(connection.Get(), F_GETFL) | O_NONBLOCK);
  fcntl(connection.Get(), F_SETFD, FD_CLOEXEC);
  const int on = 1;
  // Fails on a unix socket, where there is nothing to set.
  setsockopt(connection.Get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return connection;
#endif
}

bool IsTcp(int fd) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length) != 0) return false;
  return name.ss_family == AF_INET || name.ss_family == AF_INET6;
}

std::optional<Failure> RequireListener(int fd) {
  const Result<int> type = SocketOption(fd, SO_TYPE);
  if (const auto* failure = std::get_if<Failure>(&type)) return *failure;
  if (std::get<int>(type) != SOCK_STREAM) {
    return Failure{.syscall = "getsockopt", .error = EPROTOTYPE, .reason = "it is not a stream socket"};
  }
  const Result<int> accepts = SocketOption(fd, SO_ACCEPTCONN);
  if (const auto* failure = std::get_if<Failure>(&accepts)) return *failure;
  if (std::get<int>(accepts) == 0) {
    return Failure{.syscall = "getsockopt", .error = EINVAL, .reason = "it is a socket that does not listen"};
  }
  return std::nullopt;
}

Result<UniqueFd> ListenTcp(const std::string& host, uint16_t port, const TcpOptions& options) {
  const bool any = host.empty() || host == "*";
  const Result<AddrinfoList> resolved = Resolve(!any ? host : options.ipv6_only ? "::" : "0.0.0.0", port);
  if (const auto* failure = std::get_if<Failure>(&resolved)) return *failure;

  Result<UniqueFd> result = Failure{.syscall = "getaddrinfo", .error = EADDRNOTAVAIL};
  for (const addrinfo* a = std::get<AddrinfoList>(resolved).get(); a != nullptr; a = a->ai_next) {
    result = BindTcp(*a, options);
    if (!FamilyIsMissing(result)) break;
  }
  return result;
}

Result<UniqueFd> ListenUnix(const std::string& path, int backlog, std::optional<mode_t> mode) {
  const Result<sockaddr_un> named = UnixName(path);
  if (const auto* failure = std::get_if<Failure>(&named)) return *failure;
  const auto& name = std::get<sockaddr_un>(named);

  if (auto failure = RemoveStale(path, name)) return *failure;
  Result<UniqueFd> created = StreamSocket(AF_UNIX);
  auto* fd = std::get_if<UniqueFd>(&created);
  if (fd == nullptr) return created;
  if (auto failure = BindUnix(fd->Get(), name, mode)) return *failure;
  if (listen(fd->Get(), backlog) == 0) return created;
  const Failure failure = FromErrno("listen");
  unlink(path.c_str());
  return failure;
}

std::optional<Failure> AdoptListener(int fd, int backlog) {
  if (auto failure = RequireListener(fd)) return failure;
  if (!SetNonBlockingAndCloseOnExec(fd)) return FromErrno("fcntl");
  if (IsTcp(fd) && !Enable(fd, IPPROTO_TCP, TCP_NODELAY)) return FromErrno("setsockopt");
  if (listen(fd, backlog) != 0) return FromErrno("listen");
  return std::nullopt;
}

Result<BoundAddress> AddressOf(int fd) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  auto* generic = reinterpret_cast<sockaddr*>(&name);
  if (getsockname(fd, generic, &length) != 0) return FromErrno("getsockname");

  if (name.ss_family == AF_UNIX) {
    const auto* local = reinterpret_cast<const sockaddr_un*>(&name);
    const size_t size = length - offsetof(sockaddr_un, sun_path);
    return UnixAddress{.path = std::string(local->sun_path, strnlen(local->sun_path, size))};
  }
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  const int error = getnameinfo(generic, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  if (error == EAI_SYSTEM) return FromErrno("getnameinfo");
  if (error != 0) {
    return Failure{.syscall = "getnameinfo", .error = error, .domain = Failure::Domain::kResolver};
  }
  return TcpAddress{.host = host, .port = static_cast<uint16_t>(std::strtoul(port, nullptr, 10))};
}

}  // namespace picoev
