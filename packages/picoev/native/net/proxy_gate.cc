#include "net/proxy_gate.h"

#include <utility>

namespace picoev {

void ProxyGate::Take(UniqueFd connection) {
  const Peer peer = PeerOf(connection.Get());
  if (!proxies_.Trust(peer)) return Refuse(std::move(connection), peer.IsGone() ? nullptr : kNoProxyOfOurs);
  auto arrival = std::make_unique<Arrival>(Arrival{.gate = this, .fd = std::move(connection)});
  const ProxyHeader header = arrival->reader.Read(arrival->fd.Get());
  if (header.kind != ProxyHeader::Kind::kPartial) return Conclude(std::move(arrival->fd), header);
  Wait(std::move(arrival));
}

void ProxyGate::Wait(std::unique_ptr<Arrival> arrival) {
  auto poll = std::make_unique<uv_poll_t>();
  if (uv_poll_init(loop_, poll.get(), arrival->fd.Get()) != 0) {
    return Refuse(std::move(arrival->fd), "nobody could wait for its header");
  }
  arrival->poll.reset(poll.release());
  arrival->poll->data = arrival.get();
  uv_poll_start(arrival->poll.get(), UV_READABLE,
                [](uv_poll_t* handle, int, int) { Look(*static_cast<Arrival*>(handle->data), false); });
  if (timeout_ > 0) {
    arrival->timer = MakeUnreferencedUvHandle(uv_timer_init, loop_, arrival.get());
    // This process may have been stopped for all of the time: what came meanwhile is looked at once more.
    const auto look = [](uv_timer_t* handle) { Look(*static_cast<Arrival*>(handle->data), true); };
    uv_timer_start(arrival->timer.get(), look, timeout_, 0);
  }
  const int fd = arrival->fd.Get();
  waiting_.emplace(fd, std::move(arrival));
}

void ProxyGate::Look(Arrival& arrival, bool is_last) {
  ProxyHeader header = arrival.reader.Read(arrival.fd.Get());
  if (header.kind == ProxyHeader::Kind::kPartial) {
    if (!is_last) return;
    header = {.kind = ProxyHeader::Kind::kRefused, .reason = kProxyHeaderLate};
  }
  ProxyGate& gate = *arrival.gate;
  UniqueFd connection = std::move(arrival.fd);
  // libuv knows the descriptor no more from here on.
  gate.waiting_.erase(connection.Get());
  gate.Conclude(std::move(connection), header);
}

void ProxyGate::Conclude(UniqueFd connection, const ProxyHeader& header) {
  if (header.kind == ProxyHeader::Kind::kComplete) return owner_.OnPassed(std::move(connection), header.client);
  Refuse(std::move(connection), header.reason);
}

void ProxyGate::Refuse(UniqueFd connection, const char* reason) {
  const Peer peer = PeerOf(connection.Get());
  { const UniqueFd closing = std::move(connection); }
  owner_.OnRefused(reason, peer.endpoint ? peer.endpoint->Text() : std::string());
}

}  // namespace picoev
