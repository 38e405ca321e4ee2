#include "loop/loop.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace picoev {
namespace {

/// Rows that one call of Receive() can make: the connection, each request in flight, the rest of a body, its end, a refusal.
constexpr uint32_t kRowsOfOneRead = Outbox::kMostInFlight + 4;

/// Bytes of room below which the slab counts as full.
constexpr uint32_t kLeastRoom = 16 * 1024;

/// How often a turn asks for more before it lets the rest of libuv's loop have its share: asking again is cheaper than
/// another turn.
constexpr int kRoundsOfOneTurn = 4;

constexpr uint32_t kConnectionsOfOneTurn = 16;

/// Why a socket has hung up: an errno, 0 where both sides have merely ended.
int PendingError(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace

Result<std::unique_ptr<HttpLoop>> HttpLoop::Create(uv_loop_t* loop, const LoopOptions& options, Owner& owner,
                                                   std::span<uint8_t> slab, std::span<EventRow> events,
                                                   std::span<const AnswerRow> answers) {
  std::unique_ptr<Poller> poller = Poller::Create(options.multiplexer);
  if (!poller) return FromErrno("epoll_create1");
  std::unique_ptr<HttpLoop> made(new HttpLoop(loop, options, owner, slab, events, answers, std::move(poller)));
  auto sleeper = Sleeper::Start(loop, *made->poller_, *made);
  if (const auto* failure = std::get_if<Failure>(&sleeper)) return *failure;
  made->sleeper_ = std::get<std::unique_ptr<Sleeper>>(std::move(sleeper));
  return made;
}

HttpLoop::HttpLoop(uv_loop_t* loop, const LoopOptions& options, Owner& owner, std::span<uint8_t> slab,
                   std::span<EventRow> events, std::span<const AnswerRow> answers, std::unique_ptr<Poller> poller)
    : loop_(loop),
      options_(options),
      limits_(options.limits),
      owner_(owner),
      slab_(slab),
      events_(events),
      answers_(answers),
      slots_(kSlotStep),
      poller_(std::move(poller)),
      keep_alive_field_(KeepAliveField(options.timeouts.keep_alive)),
      deadlines_(new Deadlines(loop, options.timers, *this)),
      exchange_deadlines_(options.timeouts.exchange == 0 ? nullptr : new Deadlines(loop, options.timers, overdue_)),
      soon_(MakeUvHandle(uv_idle_init, loop, this)),
      closing_(loop, *this) {}

HttpLoop::~HttpLoop() { Close(); }

std::optional<Failure> HttpLoop::Accept(int listener) {
  auto started = Acceptor::Start(loop_, listener, kConnectionsOfOneTurn, *this);
  if (const auto* failure = std::get_if<Failure>(&started)) return *failure;
  acceptors_.push_back(std::get<std::unique_ptr<Acceptor>>(std::move(started)));
  return std::nullopt;
}

void HttpLoop::StopAccepting() {
  for (const auto& acceptor : acceptors_) acceptor->Close();
}

uint32_t HttpLoop::AcceptRest() {
  for (const auto& acceptor : acceptors_) acceptor->TakeRest();
  return CountWaiting();
}

template <typename Deed>
void HttpLoop::ForEachConnection(Deed deed) {
  for (int fd = 0; fd < static_cast<int>(slots_.size()); ++fd) {
    if (At(fd).serial != 0) deed(fd);
  }
}

void HttpLoop::CloseSilent() {
  ForEachConnection([this](int fd) {
    if (At(fd).waits_for == Wait::kFirst) LeaveIdle(fd);
  });
}

void HttpLoop::CloseIdle() {
  CloseSilent();
  ForEachConnection([this](int fd) {
    if (At(fd).waits_for == Wait::kIdle) LeaveIdle(fd);
  });
}

void HttpLoop::CutAll() {
  ForEachConnection([this](int fd) { Lose(fd); });
}

void HttpLoop::SendAllPending() {
  ForEachConnection([this](int fd) {
    if (At(fd).http.Out().HasPending()) SendPending(fd);
  });
}

void HttpLoop::Close() {
  if (std::exchange(closed_, true)) return;
  StopAccepting();
  ForEachConnection([this](int fd) {
    (void)Push(fd);
    Lose(fd);
  });
  // Whoever sleeps on it first. The memory of the loop stays until its JavaScript object is collected, a descriptor must not.
  sleeper_.reset();
  poller_.reset();
  deadlines_.reset();
  exchange_deadlines_.reset();
  soon_.reset();
  closing_.Cancel();
}

const HttpLoop::Stats& HttpLoop::GetStats() {
  stats_.wakeups = 0;
  for (const auto& acceptor : acceptors_) stats_.wakeups += acceptor->GetStats().wakeups;
  return stats_;
}

void HttpLoop::Turn() {
  if (in_turn_ || closed_) return;
  in_turn_ = true;
  ++stats_.turns;
  if (paused_) crowd_ = CountCrowd();
  for (int round = 0; round < kRoundsOfOneTurn && !closed_; ++round) {
    // In each: the owner may have accepted meanwhile, and a row about an earlier connection must not come behind one about the
    // next that has its descriptor.
    DeliverLateRows();
    if (round == 0 && !closed_) GoOn();
    if (closed_) break;
    const uint32_t found = poller_->Wait(ready_, 0);
    for (uint32_t i = 0; i < found && !closed_; ++i) Handle(ready_[i]);
    if (closed_) break;
    Dispatch();
    if (found == 0) break;
  }
  in_turn_ = false;
  if (!closed_) TellOwner();
  if (!closed_) sleeper_->Sleep();
}

/// As Node tells of a socket that its program has destroyed: behind the immediates of the turn in which that was.
void HttpLoop::OnClosing() {
  TellParted();
  if (closed_ || in_turn_) return;
  in_turn_ = true;
  DeliverLateRows();
  if (!closed_) Dispatch();
  in_turn_ = false;
  if (!closed_) TellOwner();
  if (!closed_) sleeper_->Sleep();
}

/// In the next call that delivers what is late.
void HttpLoop::TellParted() {
  late_rows_.insert(late_rows_.end(), parting_rows_.begin(), parting_rows_.end());
  parting_rows_.clear();
}

/// What is not about a request. Here and in Dispatch() alone the owner is called, who may close the loop.
void HttpLoop::TellOwner() {
  for (const Fault& fault : std::exchange(refusals_, {})) {
    owner_.OnRefused(fault.status, fault.reason);
    if (closed_) return;
  }
  if (const Unproxied unproxied = std::exchange(unproxied_, {}); unproxied.connections > 0) {
    owner_.OnUnproxied(unproxied.connections, unproxied.reason, unproxied.peer);
    if (closed_) return;
  }
  // Not before the end of the last connection is told.
  if (!late_rows_.empty() || !parting_rows_.empty()) return;
  if (std::exchange(became_empty_, false) && stats_.open == 0) owner_.OnEmpty();
}

/// For what happens outside a turn and must be told in one.
void HttpLoop::RequestTurn() {
  if (closed_) return;
  uv_idle_start(soon_.get(), [](uv_idle_t* handle) {
    uv_idle_stop(handle);
    static_cast<HttpLoop*>(handle->data)->Turn();
  });
}

void HttpLoop::DeliverLateRows() {
  if (late_rows_.empty()) return;
  const std::vector<EventRow> late = std::exchange(late_rows_, {});
  for (const EventRow& row : late) {
    if (rows_ == events_.size()) Dispatch();
    if (closed_) return;
    events_[rows_++] = row;
  }
}

void HttpLoop::Handle(const Ready& ready) {
  if (std::exchange(accepted_in_turn_, false)) TellInOrder();
  if (closed_) return;
  const size_t index = static_cast<size_t>(ready.fd);
  if (index >= slots_.size() || slots_[index].serial == 0) return;
  const uint32_t serial = slots_[index].serial;
  const auto is_open = [&] { return !closed_ && slots_[index].serial == serial; };
  if (ready.interest & kWritable && slots_[index].http.Out().HasPending()) SendPending(ready.fd);
  if (!is_open() || !(ready.interest & kReadable)) return;
  const Slot& slot = slots_[index];
  if (ready.hung_up && !slot.lingers && (slot.ended || !slot.http.WantsInput())) {
    return LoseBy(ready.fd, PendingError(ready.fd));
  }
  Read(ready.fd, ready.ended);
  if (ready.ended && is_open()) OnUnreadEnd(ready.fd);
}

/// A descriptor has changed hands within this round: the end of whom had it before comes before what the next one says.
void HttpLoop::TellInOrder() {
  do {
    Dispatch();
    if (!closed_) DeliverLateRows();
  } while (!closed_ && !late_rows_.empty());
}

void HttpLoop::Dispatch() {
  if (rows_ != 0) {
    const uint32_t rows = std::exchange(rows_, 0);
    owner_.OnTurn(rows);
    owner_.OnTurnEnd();
  }
  slab_used_ = 0;
}

EventRow& HttpLoop::NextRow(EventRow::Kind kind, int fd) {
  EventRow& row = events_[rows_++];
  row.kind = kind;
  row.flags = 0;
  row.fd = static_cast<uint32_t>(fd);
  row.serial = At(fd).serial;
  row.listener = static_cast<uint32_t>(At(fd).listener);
  return row;
}

void HttpLoop::TellLate(EventRow::Kind kind, uint32_t flags, int fd, uint32_t status) {
  EventRow row{};
  row.kind = kind;
  row.flags = flags | (At(fd).reset ? uint32_t{EventRow::kReset} : 0) | (At(fd).ended ? uint32_t{EventRow::kEnded} : 0);
  row.fd = static_cast<uint32_t>(fd);
  row.serial = At(fd).serial;
  row.listener = static_cast<uint32_t>(At(fd).listener);
  const Outbox& out = At(fd).http.Out();
  row.sequence = kind == EventRow::kDrain ? out.First() : out.Newest();
  row.length_low = status;
  late_rows_.push_back(row);
  RequestTurn();
}

void HttpLoop::TellClosed(int fd) {
  TellLate(EventRow::kClosed, 0, fd);
  EventRow& row = late_rows_.back();
  const Traffic& traffic = At(fd).traffic;
  row.length_low = static_cast<uint32_t>(traffic.received);
  row.length_high = static_cast<uint32_t>(traffic.received >> 32);
  row.sent_low = static_cast<uint32_t>(traffic.sent);
  row.sent_high = static_cast<uint32_t>(traffic.sent >> 32);
}

bool HttpLoop::HasRoom(size_t carried) const {
  return rows_ + kRowsOfOneRead <= events_.size() && slab_used_ + carried + kLeastRoom <= slab_.size();
}

}  // namespace picoev
