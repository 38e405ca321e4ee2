// A call in the last phase of this turn of libuv's loop, where it tells of closed handles: behind the immediates.
#pragma once

#include <uv.h>

#include <memory>

namespace picoev {

class ClosingCall {
 public:
  class Owner {
   public:
    virtual void OnClosing() = 0;

   protected:
    ~Owner() = default;
  };

  /// `owner` must outlive it.
  ClosingCall(uv_loop_t* loop, Owner& owner) : loop_(loop), owner_(owner) {}
  ~ClosingCall() { Cancel(); }
  ClosingCall(const ClosingCall&) = delete;
  ClosingCall& operator=(const ClosingCall&) = delete;

  /// Once, however often it is asked for until then.
  void Request() {
    if (pending_ != nullptr) return;
    pending_ = new Pending{.handle = {}, .call = this};
    uv_idle_init(loop_, &pending_->handle);
    pending_->handle.data = pending_;
    uv_close(reinterpret_cast<uv_handle_t*>(&pending_->handle), [](uv_handle_t* handle) {
      const std::unique_ptr<Pending> pending(static_cast<Pending*>(handle->data));
      if (pending->call == nullptr) return;
      pending->call->pending_ = nullptr;
      pending->call->owner_.OnClosing();
    });
  }

  void Cancel() {
    if (pending_ != nullptr) pending_->call = nullptr;
    pending_ = nullptr;
  }

 private:
  struct Pending {
    uv_idle_t handle{};
    ClosingCall* call = nullptr;
  };

  uv_loop_t* const loop_;
  Owner& owner_;
  /// libuv's until it has called.
  Pending* pending_ = nullptr;
};

}  // namespace picoev
