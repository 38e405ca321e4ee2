#include "net/queue_wait.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

namespace picoev {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;

}  // namespace

QueueWait::QueueWait(uv_loop_t* loop)
    : loop_(loop), before_(Now()), last_(before_), turn_(MakeUnreferencedUvHandle(uv_prepare_init, loop, this)) {
  // Node has it count anyway.
  uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
  uv_prepare_start(turn_.get(), [](uv_prepare_t* handle) {
    auto* self = static_cast<QueueWait*>(handle->data);
    self->before_ = std::exchange(self->last_, self->Now());
  });
}

QueueWait::Look QueueWait::Now() const { return {.at = uv_hrtime(), .idle = uv_metrics_idle_time(loop_)}; }

uint64_t QueueWait::Of(int fd) const {
#ifdef __linux__
  tcp_info info{};
  socklen_t length = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0) return info.tcpi_last_data_recv;
#endif
  const Look now = Now();
  // Where the loop had to wait for it, it came at the end of that.
  const Look& since = now.idle - last_.idle >= kMillisecond ? last_ : before_;
  return (now.at - since.at - (now.idle - since.idle)) / kMillisecond;
}

}  // namespace picoev
