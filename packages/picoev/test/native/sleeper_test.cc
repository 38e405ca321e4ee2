// A libuv loop turns when a poller has something, for each multiplexer.
#include "loop/sleeper.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <thread>
#include <vector>

#include "check.h"
#include "random.h"
#include "base/unique_fd.h"

namespace picoev {
namespace {

/// Reads what 20 sockets receive until it has all of it, and changes what it watches in the middle of it.
class Reader final : public Sleeper::Owner {
 public:
  Reader(uv_loop_t* loop, Multiplexer multiplexer, size_t expected)
      : poller_(Poller::Create(multiplexer)), expected_(expected) {
    for (int i = 0; i < 20; ++i) {
      int ends[2];
      CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
      CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
      ours_.emplace_back(ends[0]);
      theirs_.emplace_back(ends[1]);
      CHECK(poller_->Watch(ends[0], kReadable));
    }
    auto started = Sleeper::Start(loop, *poller_, *this);
    CHECK(started.index() == 0);
    sleeper_ = std::move(std::get<0>(started));
    sleeper_->Sleep();
  }

  void OnReady() override {
    std::vector<Ready> ready(8);
    ready.resize(poller_->Wait(ready, 0));
    char bytes[3];
    for (const Ready& one : ready) {
      for (ssize_t size = 0; (size = read(one.fd, bytes, sizeof bytes)) > 0;) received_ += static_cast<size_t>(size);
    }
    if (random_.Below(4) == 0) WatchAnew();
    if (received_ < expected_) {
      sleeper_->Sleep();
    } else {
      sleeper_.reset();
    }
  }

  /// As a loop does when an answer comes between its turns.
  void WatchAnew() {
    const int fd = ours_[random_.Below(static_cast<uint32_t>(ours_.size()))].Get();
    CHECK(poller_->Watch(fd, 0));
    CHECK(poller_->Watch(fd, kReadable));
  }

  void WatchAnewBetweenTurns() {
    WatchAnew();
    if (sleeper_ != nullptr) sleeper_->Interrupt();
  }

  size_t Received() const { return received_; }
  int Peer(size_t index) const { return theirs_[index].Get(); }

 private:
  const std::unique_ptr<Poller> poller_;
  const size_t expected_;
  size_t received_ = 0;
  test::Random random_{1};
  std::vector<UniqueFd> ours_;
  std::vector<UniqueFd> theirs_;
  std::unique_ptr<Sleeper> sleeper_;
};

constexpr size_t kBytes = 5000;

void WriteSlowly(const Reader& reader) {
  test::Random random(2);
  for (size_t i = 0; i < kBytes; ++i) {
    CHECK(write(reader.Peer(random.Below(20)), "x", 1) == 1);
    if (random.Below(50) == 0) usleep(random.Below(200));
  }
}

/// The loop ends by itself when the sleeper is gone. A wake-up that is lost would leave it asleep for ever.
void CheckAllArrives(Multiplexer multiplexer, bool changes_between_turns) {
  uv_loop_t loop;
  CHECK(uv_loop_init(&loop) == 0);
  {
    Reader reader(&loop, multiplexer, kBytes);
    uv_timer_t timer;
    uv_timer_init(&loop, &timer);
    uv_unref(reinterpret_cast<uv_handle_t*>(&timer));
    timer.data = &reader;
    const auto change = [](uv_timer_t* handle) { static_cast<Reader*>(handle->data)->WatchAnewBetweenTurns(); };
    if (changes_between_turns) uv_timer_start(&timer, change, 1, 1);
    std::thread writer(WriteSlowly, std::cref(reader));
    uv_run(&loop, UV_RUN_DEFAULT);
    writer.join();
    CHECK_EQUAL(reader.Received(), kBytes);
    uv_close(reinterpret_cast<uv_handle_t*>(&timer), nullptr);
    uv_run(&loop, UV_RUN_DEFAULT);
  }
  CHECK_EQUAL(uv_loop_close(&loop), 0);
}

TEST("the loop turns whenever the poller has something, and no wake-up is lost") {
  for (const Multiplexer multiplexer :
       {Multiplexer::kEpollEdge, Multiplexer::kEpollLevel, Multiplexer::kPoll, Multiplexer::kSelect}) {
    CheckAllArrives(multiplexer, false);
    CheckAllArrives(multiplexer, true);
  }
}

}  // namespace
}  // namespace picoev
