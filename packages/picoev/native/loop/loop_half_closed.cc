// HttpLoop: clients that have ended their side (FIN). Some of them still read, and are answered; most have left, which
// only what is sent to them brings to light.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

#include "loop/loop.h"

namespace picoev {
namespace {

/// All answers begin with it.
constexpr uint8_t kFirstByte[] = {'H'};
/// The size of a chunk may: RFC 9112, 7.1. That of the last one, which is 0, too.
constexpr uint8_t kLeadingZero[] = {'0'};

/// Seconds between the questions of the kernel, and how many of them may stay without an answer.
constexpr int kProbeSeconds = 15;
constexpr int kProbes = 4;

/// The kernel asks from now on whether the other end is still there: a socket that was closed is forgotten by its own
/// kernel after a minute at most, and a question about it is answered with a reset.
void AskFromNowOn(int fd) {
  const auto set = [fd](int level, int option, int value) { setsockopt(fd, level, option, &value, sizeof value); };
#ifdef TCP_KEEPIDLE
  set(IPPROTO_TCP, TCP_KEEPIDLE, kProbeSeconds);
#endif
  set(IPPROTO_TCP, TCP_KEEPINTVL, kProbeSeconds);
  set(IPPROTO_TCP, TCP_KEEPCNT, kProbes);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
}

/// All that has come and was not read. No more than the kernel's buffer holds, and only of who has ended its side.
std::vector<uint8_t> Peek(int fd) {
  int size = 0;
  if (ioctl(fd, FIONREAD, &size) != 0 || size <= 0) return {};
  std::vector<uint8_t> bytes(static_cast<size_t>(size));
  const ssize_t peeked = recv(fd, bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
  bytes.resize(static_cast<size_t>(std::max<ssize_t>(peeked, 0)));
  return bytes;
}

/// Bytes that are left unread make the kernel answer the end of the connection with a reset, which could destroy the
/// answers before it.
void ThrowAway(int fd) {
  std::array<uint8_t, 16 * 1024> bytes;
  while (recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) continue;
}

}  // namespace

/// What is in flight is answered. But a request whose body is not complete never will be: the connection ends in its
/// answer's place.
void HttpLoop::OnEnd(int fd) {
  Slot& slot = At(fd);
  Connection& http = slot.http;
  const Outbox& out = http.Out();
  const bool had_ended = std::exchange(slot.ended, true);
  if (slot.lingers || had_ended) return Lose(fd);
  // One that has said nothing at all, as those do that look whether somebody listens, is none to tell of.
  if (http.AwaitsProxyHeader() && http.CarriedSize() > 0) return LoseUnproxied(fd, kProxyHeaderCut);
  const bool is_broken = http.HasBodyLeft() && out.Awaits(out.Newest());
  const bool is_offered = tells_refusals_ && (http.HasBodyLeft() || http.IsInHead());
  if (out.InFlight() == 0 && !out.HasPending() && !is_offered) return Lose(fd);
  http.EndInput();
  if (is_broken) ThrowAway(fd);
  if (is_offered)
    OfferLate(fd, 400, is_broken);
  else if (is_broken)
    TellLate(EventRow::kBodyBroken, 0, fd);
  if (out.InFlight() > 0) TellLate(EventRow::kGone, 0, fd);
  if (!Watch(fd, slot.interest & ~(kReadable | kEnd))) return;
  if (!is_broken || is_offered) return Settle(fd);
  Conclude(fd, http.BeginRefusal(true));
}

/// The client has ended its side, and nobody reads what it has sent before. Where that completes its request, it waits
/// for who reads it, and so does the end; a body that it does not complete never will be.
void HttpLoop::OnUnreadEnd(int fd) {
  Slot& slot = At(fd);
  const Connection& http = slot.http;
  if (slot.ended || slot.end_waits || slot.lingers || http.WantsInput()) return;
  std::vector<uint8_t> unread = Peek(fd);
  const bool is_all = http.HasBodyLeft() ? !http.BodyEndsIn(unread, limits_) : unread.empty() && http.CarriedSize() == 0;
  // Where another protocol takes over, the end is its own.
  if (is_all && !http.CanUpgrade(http.Out().Newest())) return OnEnd(fd);
  slot.end_waits = true;
  if (Watch(fd, slot.interest & ~kEnd)) Expect(fd);
}

/// A client that has closed its socket altogether answers any byte with a reset, so the first one of the answer goes
/// ahead of the others. So does a zero before the size of its next chunk, unless JavaScript is still to hear that there is
/// room for the rest of this one.
void HttpLoop::Probe(int fd) {
  Slot& slot = At(fd);
  const uint32_t serial = slot.serial;
  const Outbox& out = slot.http.Out();
  slot.probed = true;
  AskFromNowOn(fd);
  if (late_rows_.empty() && !slot.http.IsAnswered() && out.IsBetweenChunks()) return Send(fd, kLeadingZero);
  if (out.HasPending() || out.HasBegun(out.First())) return Expect(fd);
  Send(fd, kFirstByte);
  if (Find(static_cast<uint32_t>(fd), serial) != nullptr) slot.led = true;
}

}  // namespace picoev
