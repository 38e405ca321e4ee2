// HttpLoop: clients that have ended their side (FIN). Some of them still read, and are answered; most have left, which
// only what is sent to them brings to light.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "loop/loop.h"

namespace picoev {
namespace {

/// All answers begin with it.
constexpr uint8_t kFirstByte[] = {'H'};

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

}  // namespace

/// What is in flight is answered. But a request whose body is not complete never will be: the connection ends in its
/// answer's place.
void HttpLoop::OnEnd(int fd) {
  Slot& slot = At(fd);
  Connection& http = slot.http;
  const Outbox& out = http.Out();
  if (slot.lingers || slot.ended || (out.InFlight() == 0 && !out.HasPending())) return Lose(fd);
  slot.ended = true;
  const bool is_broken = http.HasBodyLeft() && out.Awaits(out.Newest());
  http.EndInput();
  if (is_broken) TellLate(EventRow::kBodyBroken, 0, fd);
  if (out.InFlight() > 0) TellLate(EventRow::kGone, 0, fd);
  if (!Watch(fd, slot.interest & ~kReadable)) return;
  if (!is_broken) return Settle(fd);
  Complete(fd, http.BeginRefusal(true), true);
  SendRun();
}

/// A client that has closed its socket altogether answers any byte with a reset, so the first one of the answer goes
/// ahead of the others.
void HttpLoop::Probe(int fd) {
  Slot& slot = At(fd);
  const uint32_t serial = slot.serial;
  const Outbox& out = slot.http.Out();
  slot.probed = true;
  AskFromNowOn(fd);
  if (out.HasPending() || out.HasBegun(out.First())) return Expect(fd);
  Send(fd, kFirstByte);
  if (Find(static_cast<uint32_t>(fd), serial) != nullptr) slot.led = true;
}

}  // namespace picoev
