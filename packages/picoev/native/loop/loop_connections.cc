// HttpLoop: connections, from accept to close, and what they wait for.
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "loop/loop.h"

namespace picoev {
namespace {

/// How long a place that was promised to a client who waits is believed in: the answer that frees it may take its time.
constexpr uint64_t kPromiseMilliseconds = 100;

constexpr uint32_t AlignUp(size_t size) { return static_cast<uint32_t>((size + 7) & ~size_t{7}); }

constexpr uint32_t Bit(bool is_set, uint32_t flag) { return is_set ? flag : 0; }

}  // namespace

void HttpLoop::OnConnection(UniqueFd connection, int listener) {
  const int fd = connection.Get();
  if (proxies_ && !TakesFrom(fd)) return;
  if (static_cast<size_t>(fd) >= slots_.size()) slots_.resize((static_cast<size_t>(fd) / kSlotStep + 1) * kSlotStep);
  if (!poller_->Watch(fd, kReadable)) {
    owner_.OnUnwatchable(fd, errno);
    return;
  }
  // What had this descriptor before has its end told before this one has its beginning.
  if (std::ranges::any_of(parting_rows_, [fd](const EventRow& row) { return row.fd == static_cast<uint32_t>(fd); })) TellParted();
  Slot& slot = At(fd);
  slot = Slot{};
  slot.interest = kReadable;
  slot.listener = listener;
  slot.serial = ++last_serial_ == 0 ? ++last_serial_ : last_serial_;
  (void)connection.Release();
  ++stats_.accepted;
  ++stats_.open;
  if (proxies_) slot.http.ExpectProxyHeader();
  Expect(fd);
  if (tells_connections_ && !proxies_) {
    slot.followed = true;
    TellLate(EventRow::kConnected, 0, fd);
  }
  if (in_turn_)
    accepted_in_turn_ = true;
  else
    sleeper_->Interrupt();
  if (IsFull() && !std::exchange(paused_, true)) {
    for (const auto& acceptor : acceptors_) acceptor->Pause();
  }
}

HttpLoop::Slot* HttpLoop::Find(uint32_t fd, uint32_t serial) {
  if (fd >= slots_.size() || serial == 0 || slots_[fd].serial != serial) return nullptr;
  return &slots_[fd];
}

bool HttpLoop::Follow(uint32_t fd, uint32_t serial) {
  Slot* slot = Find(fd, serial);
  if (slot == nullptr) return false;
  slot->followed = true;
  return true;
}

HttpLoop::Traffic HttpLoop::TrafficOf(uint32_t fd, uint32_t serial) {
  const Slot* slot = Find(fd, serial);
  return slot == nullptr ? Traffic{} : slot->traffic;
}

size_t HttpLoop::WaitingOf(uint32_t fd, uint32_t serial) {
  const Slot* slot = Find(fd, serial);
  return slot == nullptr ? 0 : slot->http.Out().Waiting();
}

/// Also tells an edge-triggered multiplexer to look again.
bool HttpLoop::Watch(int fd, uint8_t interest) {
  At(fd).interest = interest;
  if (poller_->Watch(fd, interest | kHangUp)) {
    if (!in_turn_) sleeper_->Interrupt();
    return true;
  }
  Lose(fd);
  return false;
}

void HttpLoop::Read(int fd, bool to_the_end) {
  const uint32_t serial = At(fd).serial;
  // A client that ended its side behind its last bytes would not be told again under edge-triggering.
  while (ReadOnce(fd) && to_the_end && !closed_ && At(fd).serial == serial) continue;
}

bool HttpLoop::HasBehind(uint32_t fd, uint32_t serial, uint32_t sequence) {
  const Slot* slot = Find(fd, serial);
  if (slot == nullptr) return false;
  int unread = 0;
  return slot->http.HasBehind(sequence) ||
         (slot->http.AwaitsHead() && ioctl(static_cast<int>(fd), FIONREAD, &unread) == 0 && unread > 0);
}

/// False when there is nothing more to read for now.
bool HttpLoop::ReadOnce(int fd) {
  const uint32_t serial = At(fd).serial;
  if (!HasRoom(At(fd).http.CarriedSize())) {
    Dispatch();
    if (closed_ || At(fd).serial != serial) return false;
  }
  Slot& slot = At(fd);
  if (!slot.lingers && !slot.http.TakesInput()) {
    slot.held = true;
    // Bytes wait with who has sent them; that it leaves does not.
    const uint8_t end = slot.ended || slot.end_waits ? 0 : kEnd;
    Watch(fd, (slot.interest & ~kReadable) | end);
    return false;
  }
  const size_t carried = slot.http.CarriedSize();
  uint8_t* const at = slab_.data() + slab_used_;
  const size_t most = slot.http.HasBodyLeft() ? kReadSize : kHeadReadSize;
  const size_t room = std::min<size_t>(most, slab_.size() - slab_used_ - carried);
  const ssize_t size = recv(fd, at + carried, room, 0);
  if (size < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) LoseBy(fd, errno);
    return false;
  }
  if (size == 0) {
    OnEnd(fd);
    return false;
  }
  slot.traffic.received += static_cast<size_t>(size);
  const bool is_full = static_cast<size_t>(size) == room;
  if (!slot.lingers) {
    resumes_ = slot.held;
    slot.held = slot.held && is_full;
    Receive(fd, static_cast<size_t>(size));
    resumes_ = false;
    if (At(fd).serial != serial) return false;
    Expect(fd);
  }
  if (is_full) Watch(fd, slot.interest);
  return true;
}

/// The connection goes through what it has kept and, behind that, `fresh` bytes that were read into the slab.
void HttpLoop::Receive(int fd, size_t fresh) {
  Connection& http = At(fd).http;
  const std::span<uint8_t> bytes = slab_.subspan(slab_used_, http.CarriedSize() + fresh);
  http.TakeCarry(bytes.data());
  slab_used_ += AlignUp(bytes.size());
  receiving_ = fd;
  newest_row_ = nullptr;
  http.Receive(bytes, limits_, *this);
  if (crowd_ > 0) MakeRoom(fd);
}

uint32_t HttpLoop::CountWaiting() const {
  uint32_t waiting = 0;
  for (const auto& acceptor : acceptors_) waiting += acceptor->CountWaiting();
  return waiting;
}

/// How many clients wait for a place that nobody was asked to leave.
uint32_t HttpLoop::CountCrowd() {
  const uint32_t waiting = CountWaiting();
  if (uv_now(loop_) - promised_at_ >= kPromiseMilliseconds) {
    promised_at_ = uv_now(loop_);
    promised_ = 0;
  }
  return waiting - std::min(waiting, promised_);
}

/// While all places are taken and others wait, clients that are kept busy would keep theirs for ever: the request that
/// has just come is its connection's last. Not where more has come behind it.
void HttpLoop::MakeRoom(int fd) {
  Connection& http = At(fd).http;
  if (newest_row_ == nullptr || http.InputEnded() || http.CarriedSize() > 0) return;
  newest_row_->flags |= EventRow::kLastRequest;
  http.TakeAsLast();
  --crowd_;
  ++promised_;
}

void HttpLoop::GoOnSoon(int fd) {
  resumable_.emplace_back(fd, At(fd).serial);
  RequestTurn();
}

/// Reads on in what was received, on connections whose earlier answers are given now.
void HttpLoop::GoOn() {
  const auto resumable = std::exchange(resumable_, {});
  for (const auto& [fd, serial] : resumable) {
    Slot* slot = Find(static_cast<uint32_t>(fd), serial);
    if (slot == nullptr || !slot->http.CanGoOn()) continue;
    if (!HasRoom(slot->http.CarriedSize())) Dispatch();
    slot = Find(static_cast<uint32_t>(fd), serial);
    if (closed_) return;
    if (slot == nullptr || !slot->http.CanGoOn()) continue;
    resumes_ = true;
    Receive(fd, 0);
    resumes_ = false;
    if (Find(static_cast<uint32_t>(fd), serial) == nullptr) continue;
    Settle(fd);
    if (Find(static_cast<uint32_t>(fd), serial) != nullptr) Watch(fd, slot->interest | kReadable);
  }
}

/// The connection is of no use any more.
void HttpLoop::Lose(int fd, uint32_t flags) {
  const Outbox& out = At(fd).http.Out();
  // Behind a last answer all were told.
  if (out.InFlight() > 0 && !out.IsFinished()) TellLate(EventRow::kGone, EventRow::kLost | flags, fd);
  Forget(fd);
}

/// The same, by what a call on its socket has told.
void HttpLoop::LoseBy(int fd, int error) {
  At(fd).reset = error == ECONNRESET || error == EPIPE;
  Lose(fd);
}

void HttpLoop::Forget(int fd) {
  if (At(fd).followed) TellClosed(fd);
  const UniqueFd closing = Remove(fd);
  // A thread that sleeps in poll(2) keeps its sockets open for as long.
  if (poller_->Descriptor() < 0) shutdown(fd, SHUT_RDWR);
}

/// Takes a connection out of all that knows it.
UniqueFd HttpLoop::Remove(int fd) {
  Slot& slot = At(fd);
  if (run_fd_ == fd) {
    run_fd_ = -1;
    run_.Clear();
  }
  deadlines_->Forget(fd);
  if (exchange_deadlines_) exchange_deadlines_->Forget(fd);
  (void)poller_->Watch(fd, 0);
  slot = Slot{};
  --stats_.open;
  if (promised_ > 0) --promised_;
  ResumeWhereThereIsRoom();
  if (stats_.open == 0) {
    became_empty_ = true;
    RequestTurn();
  }
  return UniqueFd(fd);
}

void HttpLoop::ResumeWhereThereIsRoom() {
  if (!paused_ || IsFull()) return;
  paused_ = false;
  crowd_ = 0;
  for (const auto& acceptor : acceptors_) acceptor->Resume();
}

void HttpLoop::OnRequest(Connection&, const RequestView& request) {
  ++stats_.requests;
  BeginBody(At(receiving_));
  newest_row_ = &NextRow(EventRow::kRequest, receiving_);
  DescribeRequest(*newest_row_, request);
}

void HttpLoop::DescribeRequest(EventRow& row, const RequestView& request) const {
  const Head& head = request.head;
  if (options_.lower_case_names) {
    for (const Field& field : request.fields) {
      for (uint8_t& byte : request.bytes.subspan(field.name.offset, field.name.size)) {
        if (byte >= 'A' && byte <= 'Z') byte |= 0x20;
      }
    }
  }
  const bool is_head = head.method.size == 4 && memcmp(request.bytes.data() + head.method.offset, "HEAD", 4) == 0;
  row.flags = Bit(head.minor_version == 0, EventRow::kHttp10) | Bit(!head.keep_alive, EventRow::kLastRequest) |
              Bit(is_head, EventRow::kHead) | Bit(request.body_complete, EventRow::kBodyComplete) |
              Bit(head.framing == BodyFraming::kChunked, EventRow::kChunkedBody) |
              Bit(head.expects_continue, EventRow::kExpectsContinue) | Bit(head.upgrade, EventRow::kUpgrade) |
              Bit(resumes_, EventRow::kResumed);
  row.sequence = request.sequence;
  row.head_offset = static_cast<uint32_t>(request.bytes.data() - slab_.data()) + head.method.offset;
  row.head_size = head.size - head.method.offset;
  row.method_size = head.method.size;
  row.target_size = head.target.size;
  DescribeBody(row, request.body, request.trailers);
  row.length_low = static_cast<uint32_t>(head.content_length);
  row.length_high = static_cast<uint32_t>(head.content_length >> 32);
}

void HttpLoop::DescribeBody(EventRow& row, std::span<const uint8_t> bytes, std::span<const uint8_t> trailers) const {
  const bool is_empty = bytes.empty() && trailers.empty();
  row.body_offset = is_empty ? 0 : static_cast<uint32_t>(bytes.data() - slab_.data());
  row.body_size = static_cast<uint32_t>(bytes.size());
  row.trailers_size = static_cast<uint32_t>(trailers.size());
}

void HttpLoop::OnBody(Connection& connection, const BodyView& piece) {
  EventRow& row = NextRow(EventRow::kBody, receiving_);
  row.flags = Bit(piece.last, EventRow::kBodyComplete);
  row.sequence = connection.Out().Newest();
  DescribeBody(row, piece.bytes, piece.trailers);
}

void HttpLoop::OnRefusal(Connection& connection, const Refusal& refusal) {
  ++stats_.refused;
  const uint32_t status = refusal.fault.status;
  const Outbox& out = connection.Out();
  refusals_.push_back(refusal.fault);
  const bool is_offered = tells_refusals_ && refusal.fault.kind != FaultKind::kRule;
  // There is nothing to tell of a request whose answer is complete.
  const bool is_broken = refusal.in_body && out.Awaits(out.Newest());
  if (is_broken) {
    EventRow& row = NextRow(EventRow::kBodyBroken, receiving_);
    row.sequence = out.Newest();
    row.length_low = out.HasBegun(out.Newest()) ? 0 : status;
  } else if (refusal.request != nullptr) {
    EventRow& row = NextRow(EventRow::kRefused, receiving_);
    DescribeRequest(row, *refusal.request);
    row.length_low = status;
  }
  if (!is_offered) return Refuse(receiving_, status, refusal.in_body);
  EventRow& row = is_broken ? events_[rows_ - 1] : NextRow(EventRow::kRefused, receiving_);
  row.flags = EventRow::kOffered;
  row.sequence = connection.OfferRefusal(is_broken);
  row.length_low = status;
  row.head_offset = refusal.bytes.empty() ? 0 : static_cast<uint32_t>(refusal.bytes.data() - slab_.data());
  row.head_size = static_cast<uint32_t>(refusal.bytes.size());
  row.body_size = refusal.parsed;
  row.reason = static_cast<uint32_t>(refusals_.size() - 1);
}

/// What is known of no bytes: a client was too late, or has ended its side too early.
void HttpLoop::OfferLate(int fd, uint32_t status, bool in_place) {
  (void)At(fd).http.OfferRefusal(in_place);
  TellLate(in_place ? EventRow::kBodyBroken : EventRow::kRefused, EventRow::kOffered, fd, status);
  late_rows_.back().reason = EventRow::kNoReason;
  Expect(fd);
}

void HttpLoop::Refuse(int fd, uint32_t status, bool in_body) {
  Connection& http = At(fd).http;
  const Outbox& out = http.Out();
  if (in_body && !out.Awaits(out.Newest())) {
    // The app's answer is complete: there is no second one, only an end.
    http.BreakInput();
    return Settle(fd);
  }
  const bool has_begun = in_body && out.HasBegun(out.Newest());
  const uint32_t sequence = http.BeginRefusal(in_body);
  if (!has_begun) {
    if (refuses_barely_) {
      AppendBareRefusal(BufferFor(fd, sequence), status);
    } else {
      AppendRefusal(BufferFor(fd, sequence), status, 0, Date());
    }
  }
  Conclude(fd, sequence);
}

/// The last answer is given. Behind others, which are still awaited, nothing is sent yet: what the connection waits for has changed
/// all the same.
void HttpLoop::Conclude(int fd, uint32_t sequence) {
  const uint32_t serial = At(fd).serial;
  Complete(fd, sequence, true);
  SendRun();
  if (At(fd).serial == serial) Settle(fd);
}

}  // namespace picoev
