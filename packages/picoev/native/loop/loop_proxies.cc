// HttpLoop: connections that proxies pass on, each with a header of PROXY protocol before all else. Invariant: what is not from a proxy
// that is believed, or has no valid header, is closed without an answer, and JavaScript hears of no more than that.
#include "loop/loop.h"

namespace picoev {

/// False for a peer that is no proxy of ours, which is counted, or that is gone already.
bool HttpLoop::TakesFrom(int fd) {
  const Peer peer = PeerOf(fd);
  if (proxies_->Trust(peer)) return true;
  ++stats_.accepted;
  if (!peer.IsGone()) NoteUnproxied(kNoProxyOfOurs, peer);
  return false;
}

void HttpLoop::OnProxyHeader(Connection&, const ProxyHeader& header) {
  if (header.kind != ProxyHeader::Kind::kComplete) return LoseUnproxied(receiving_, header.reason);
  Slot& slot = At(receiving_);
  // It is the proxy's, and no client has sent it.
  slot.traffic.received -= header.size;
  if (header.client) slot.client = std::make_unique<const Endpoint>(*header.client);
  if (!tells_connections_) return;
  slot.followed = true;
  NextRow(EventRow::kConnected, receiving_);
}

void HttpLoop::LoseUnproxied(int fd, const char* reason) {
  NoteUnproxied(reason, PeerOf(fd));
  Lose(fd);
}

void HttpLoop::NoteUnproxied(const char* reason, const Peer& peer) {
  ++stats_.unproxied;
  ++unproxied_.connections;
  unproxied_.reason = reason;
  unproxied_.peer = peer.endpoint ? peer.endpoint->Text() : "";
  RequestTurn();
}

std::optional<Endpoint> HttpLoop::ClientOf(uint32_t fd, uint32_t serial) {
  const Slot* slot = Find(fd, serial);
  if (slot == nullptr) return std::nullopt;
  return slot->client ? *slot->client : PeerOf(static_cast<int>(fd)).endpoint;
}

std::optional<Endpoint> HttpLoop::LocalOf(uint32_t fd, uint32_t serial) {
  return Find(fd, serial) == nullptr ? std::nullopt : picoev::LocalOf(static_cast<int>(fd));
}

}  // namespace picoev
