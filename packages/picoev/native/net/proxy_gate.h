// Where connections wait for their header of PROXY protocol, before anybody else sees their bytes: for stacks that read from the
// descriptor by themselves. The engine's own connections (loop/loop_proxies.cc) need none.
//
// Invariant: what follows the header stays in the kernel, and a connection that is passed on is watched by nobody any more.
#pragma once

#include <uv.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/unique_fd.h"
#include "base/uv_handle.h"
#include "net/networks.h"
#include "net/proxy_header.h"
#include "net/proxy_reader.h"

namespace picoev {

class ProxyGate {
 public:
  /// Each call may take further connections, or close the gate.
  class Owner {
   public:
    /// Nothing where the other end speaks for itself.
    virtual void OnPassed(UniqueFd connection, const std::optional<Endpoint>& client) = 0;
    /// It is closed. `reason` is null where it has merely ended without a word, or was reset.
    virtual void OnRefused(const char* reason, const std::string& peer) = 0;

   protected:
    ~Owner() = default;
  };

  /// `timeout` in milliseconds, 0 for none. `owner` must outlive the gate.
  ProxyGate(uv_loop_t* loop, Networks proxies, uint64_t timeout, Owner& owner)
      : loop_(loop), proxies_(std::move(proxies)), timeout_(timeout), owner_(owner) {}
  ProxyGate(const ProxyGate&) = delete;
  ProxyGate& operator=(const ProxyGate&) = delete;

  /// Where its header has come already it is passed on before this returns.
  void Take(UniqueFd connection);
  size_t Waiting() const { return waiting_.size(); }
  /// Closes those that wait, without a word.
  void CloseWaiting() { waiting_.clear(); }

 private:
  struct Arrival {
    ProxyGate* gate;
    UniqueFd fd;
    ProxyReader reader = {};
    UvHandle<uv_poll_t> poll = {};
    UvHandle<uv_timer_t> timer = {};
  };

  void Wait(std::unique_ptr<Arrival> arrival);
  static void Look(Arrival& arrival, bool is_last);
  void Conclude(UniqueFd connection, const ProxyHeader& header);
  void Refuse(UniqueFd connection, const char* reason);

  uv_loop_t* const loop_;
  const Networks proxies_;
  const uint64_t timeout_;
  Owner& owner_;
  /// By descriptor.
  std::unordered_map<int, std::unique_ptr<Arrival>> waiting_;
};

}  // namespace picoev
