#include "loop.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace picoev {
namespace {

/// Rows that one call of Receive() can make: each request in flight, the rest of a body, its end.
constexpr uint32_t kRowsOfOneRead = Connection::kMaxInFlight + 2;

/// Bytes of room below which the slab counts as full.
constexpr uint32_t kLeastRoom = 16 * 1024;

/// How often a turn asks for more before it lets the rest of libuv's loop have its share: asking again is cheaper than another
/// turn.
constexpr int kRoundsOfOneTurn = 4;

/// How long a client may go on sending what nobody reads before the connection is closed all the same.
constexpr uint64_t kLingerMilliseconds = 2'000;

/// Descriptors for which there is room from the start; more is made in steps of as many.
constexpr size_t kSlotStep = 256;

constexpr uint32_t kConnectionsOfOneTurn = 16;

#ifdef MSG_NOSIGNAL
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;
#endif

constexpr uint32_t AlignUp(size_t size) { return static_cast<uint32_t>((size + 7) & ~size_t{7}); }

constexpr uint32_t Bit(bool is_set, uint32_t flag) { return is_set ? flag : 0; }

constexpr std::string_view kLastChunk = "0\r\n\r\n";

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

// ---------------------------------------------------------------------------------------------------------------------
// Life

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
      owner_(owner),
      slab_(slab),
      events_(events),
      answers_(answers),
      slots_(kSlotStep),
      poller_(std::move(poller)),
      timers_(Timers::Create(options.timers, uv_now(loop), kSlotStep)),
      timer_(MakeUnreferencedUvHandle(uv_timer_init, loop, this)),
      soon_(MakeUvHandle(uv_idle_init, loop, this)) {}

HttpLoop::~HttpLoop() { Close(); }

std::optional<Failure> HttpLoop::Accept(int listener) {
  auto started = Acceptor::Start(loop_, listener, kConnectionsOfOneTurn, *this);
  if (const auto* failure = std::get_if<Failure>(&started)) return *failure;
  acceptors_.push_back(std::get<std::unique_ptr<Acceptor>>(std::move(started)));
  return std::nullopt;
}

void HttpLoop::StopAccepting() {
  for (const auto& acceptor : acceptors_) {
    acceptor->Close();
    stats_.wakeups += acceptor->GetStats().wakeups;
  }
  acceptors_.clear();
}

void HttpLoop::CloseIdle() {
  for (int fd = 0; fd < static_cast<int>(slots_.size()); ++fd) {
    const Slot& slot = At(fd);
    if (slot.serial != 0 && (slot.waits_for == Deadline::kIdle || slot.waits_for == Deadline::kFirst)) Lose(fd);
  }
}

void HttpLoop::Close() {
  if (std::exchange(closed_, true)) return;
  StopAccepting();
  for (int fd = 0; fd < static_cast<int>(slots_.size()); ++fd) {
    if (At(fd).serial != 0) Lose(fd);
  }
  sleeper_.reset();
  timer_.reset();
  soon_.reset();
}

const HttpLoop::Stats& HttpLoop::GetStats() {
  uint64_t wakeups = 0;
  for (const auto& acceptor : acceptors_) wakeups += acceptor->GetStats().wakeups;
  if (!acceptors_.empty()) stats_.wakeups = wakeups;
  return stats_;
}

// ---------------------------------------------------------------------------------------------------------------------
// Turns

void HttpLoop::Turn() {
  if (in_turn_ || closed_) return;
  in_turn_ = true;
  ++stats_.turns;
  DeliverLateRows();
  GoOn();
  for (int round = 0; round < kRoundsOfOneTurn && !closed_; ++round) {
    const uint32_t found = poller_->Wait(ready_, 0);
    for (uint32_t i = 0; i < found && !closed_; ++i) Handle(ready_[i]);
    if (closed_) break;
    Dispatch();
    if (found == 0) break;
  }
  in_turn_ = false;
  if (!closed_) sleeper_->Sleep();
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
  const std::vector<EventRow> late = std::exchange(late_rows_, {});
  for (const EventRow& row : late) {
    if (rows_ == events_.size()) Dispatch();
    if (closed_) return;
    events_[rows_++] = row;
  }
}

/// Reads on in what was received, on connections whose earlier answers are given now.
void HttpLoop::GoOn() {
  const auto resumable = std::exchange(resumable_, {});
  for (const auto& [fd, serial] : resumable) {
    Slot* slot = Find(static_cast<uint32_t>(fd), serial);
    if (slot == nullptr || !slot->http.CanGoOn()) continue;
    const size_t size = slot->http.CarriedSize();
    if (!HasRoom(size)) Dispatch();
    slot = Find(static_cast<uint32_t>(fd), serial);
    if (closed_) return;
    if (slot == nullptr || !slot->http.CanGoOn()) continue;
    uint8_t* const at = slab_.data() + slab_used_;
    slot->http.TakeCarry(at);
    slab_used_ += AlignUp(size);
    receiving_ = fd;
    slot->http.Receive({at, size}, options_.limits, *this);
    Settle(fd);
    Watch(fd, slot->interest | kReadable);
  }
}

void HttpLoop::Handle(const Ready& ready) {
  const size_t index = static_cast<size_t>(ready.fd);
  if (index >= slots_.size() || slots_[index].serial == 0) return;
  const uint32_t serial = slots_[index].serial;
  const auto is_open = [&] { return !closed_ && slots_[index].serial == serial; };
  if (ready.interest & kWritable && slots_[index].pending) SendPending(ready.fd);
  if (!is_open() || !(ready.interest & kReadable)) return;
  if (ready.hung_up && !slots_[index].lingers && !slots_[index].http.WantsInput()) return Lose(ready.fd);
  Read(ready.fd, ready.ended);
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
  return row;
}

void HttpLoop::TellLate(EventRow::Kind kind, uint32_t flags, int fd) {
  EventRow row{};
  row.kind = kind;
  row.flags = flags;
  row.fd = static_cast<uint32_t>(fd);
  row.serial = At(fd).serial;
  row.sequence = At(fd).http.First();
  late_rows_.push_back(row);
  RequestTurn();
}

bool HttpLoop::HasRoom(size_t carried) const {
  return rows_ + kRowsOfOneRead <= events_.size() && slab_used_ + carried + kLeastRoom <= slab_.size();
}

// ---------------------------------------------------------------------------------------------------------------------
// Connections

void HttpLoop::OnConnection(UniqueFd connection) {
  const int fd = connection.Get();
  if (static_cast<size_t>(fd) >= slots_.size()) slots_.resize((static_cast<size_t>(fd) / kSlotStep + 1) * kSlotStep);
  if (!poller_->Watch(fd, kReadable)) {
    owner_.OnExhausted(errno);
    return;
  }
  Slot& slot = At(fd);
  slot = Slot{};
  slot.interest = kReadable;
  slot.serial = ++last_serial_ == 0 ? ++last_serial_ : last_serial_;
  (void)connection.Release();
  ++stats_.accepted;
  ++stats_.open;
  Expect(fd);
  if (!in_turn_) sleeper_->Interrupt();
  if (stats_.open >= options_.max_connections && !std::exchange(paused_, true)) {
    for (const auto& acceptor : acceptors_) acceptor->Pause();
  }
}

HttpLoop::Slot* HttpLoop::Find(uint32_t fd, uint32_t serial) {
  if (fd >= slots_.size() || serial == 0 || slots_[fd].serial != serial) return nullptr;
  return &slots_[fd];
}

/// Also tells an edge-triggered multiplexer to look again.
bool HttpLoop::Watch(int fd, uint8_t interest) {
  At(fd).interest = interest;
  if (poller_->Watch(fd, interest)) {
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

/// False when there is nothing more to read for now.
bool HttpLoop::ReadOnce(int fd) {
  const uint32_t serial = At(fd).serial;
  if (!HasRoom(At(fd).http.CarriedSize())) {
    Dispatch();
    if (closed_ || At(fd).serial != serial) return false;
  }
  Slot& slot = At(fd);
  if (!slot.lingers && !slot.http.WantsInput()) {
    Watch(fd, slot.interest & ~kReadable);
    return false;
  }
  const size_t carried = slot.http.CarriedSize();
  uint8_t* const at = slab_.data() + slab_used_;
  const size_t room = std::min<size_t>(kReadSize, slab_.size() - slab_used_ - carried);
  const ssize_t size = recv(fd, at + carried, room, 0);
  if (size < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) Lose(fd);
    return false;
  }
  if (size == 0) {
    OnEnd(fd);
    return false;
  }
  const bool is_full = static_cast<size_t>(size) == room;
  if (!slot.lingers) {
    slot.http.TakeCarry(at);
    slab_used_ += AlignUp(carried + static_cast<size_t>(size));
    receiving_ = fd;
    slot.http.Receive({at, carried + static_cast<size_t>(size)}, options_.limits, *this);
    if (At(fd).serial != serial) return false;
    Expect(fd);
  }
  if (is_full) Watch(fd, slot.interest);
  return true;
}

/// The client has ended its side. It may still read: what is in flight is answered, unless the app gives up.
void HttpLoop::OnEnd(int fd) {
  Slot& slot = At(fd);
  Connection& http = slot.http;
  if (slot.lingers || (http.InFlight() == 0 && !slot.pending)) return Lose(fd);
  const bool in_body = http.HasBodyLeft();
  slot.ended = true;
  http.EndInput();
  if (in_body && http.InFlight() > 0) TellLate(EventRow::kBodyBroken, 0, fd);
  if (http.InFlight() > 0) TellLate(EventRow::kGone, 0, fd);
  if (Watch(fd, slot.interest & ~kReadable)) Expect(fd);
}

/// The connection is of no use any more.
void HttpLoop::Lose(int fd) {
  if (At(fd).http.InFlight() > 0) TellLate(EventRow::kGone, EventRow::kLost, fd);
  Forget(fd);
}

void HttpLoop::Forget(int fd) {
  const UniqueFd closing = Remove(fd);
  // A thread that sleeps in poll(2) keeps its sockets open for as long.
  if (poller_->Descriptor() < 0) shutdown(fd, SHUT_RDWR);
  if (stats_.open == 0) owner_.OnEmpty();
}

/// Takes a connection out of all that knows it.
UniqueFd HttpLoop::Remove(int fd) {
  Slot& slot = At(fd);
  if (run_fd_ == fd) {
    run_fd_ = -1;
    run_.Clear();
  }
  if (slot.timer_at != 0) timers_->Clear(fd);
  (void)poller_->Watch(fd, 0);
  slot = Slot{};
  --stats_.open;
  if (paused_ && stats_.open < options_.max_connections) {
    paused_ = false;
    for (const auto& acceptor : acceptors_) acceptor->Resume();
  }
  return UniqueFd(fd);
}

void HttpLoop::OnRequest(Connection&, const RequestView& request) {
  const Head& head = request.head;
  if (options_.lower_case_names) {
    for (const Field& field : request.fields) {
      for (uint8_t& byte : request.bytes.subspan(field.name.offset, field.name.size)) {
        if (byte >= 'A' && byte <= 'Z') byte |= 0x20;
      }
    }
  }
  ++stats_.requests;
  EventRow& row = NextRow(EventRow::kRequest, receiving_);
  const bool is_head = head.method.size == 4 && memcmp(request.bytes.data() + head.method.offset, "HEAD", 4) == 0;
  row.flags = Bit(head.minor_version == 0, EventRow::kHttp10) | Bit(!head.keep_alive, EventRow::kLastRequest) |
              Bit(is_head, EventRow::kHead) | Bit(request.body_complete, EventRow::kBodyComplete) |
              Bit(head.framing == BodyFraming::kChunked, EventRow::kChunkedBody) |
              Bit(head.expects_continue, EventRow::kExpectsContinue) | Bit(head.upgrade, EventRow::kUpgrade);
  row.sequence = request.sequence;
  row.head_offset = static_cast<uint32_t>(request.bytes.data() - slab_.data()) + head.method.offset;
  row.head_size = head.size - head.method.offset;
  row.method_size = head.method.size;
  row.target_size = head.target.size;
  row.body_offset = request.body.empty() ? 0 : static_cast<uint32_t>(request.body.data() - slab_.data());
  row.body_size = static_cast<uint32_t>(request.body.size());
  row.length_low = static_cast<uint32_t>(head.content_length);
  row.length_high = static_cast<uint32_t>(head.content_length >> 32);
}

void HttpLoop::OnBody(Connection& connection, std::span<const uint8_t> piece, bool last) {
  EventRow& row = NextRow(EventRow::kBody, receiving_);
  row.flags = Bit(last, EventRow::kBodyComplete);
  row.sequence = connection.Newest();
  row.body_offset = piece.empty() ? 0 : static_cast<uint32_t>(piece.data() - slab_.data());
  row.body_size = static_cast<uint32_t>(piece.size());
}

void HttpLoop::OnRefusal(Connection& connection, uint32_t status, const char* reason, bool in_body) {
  ++stats_.refused;
  owner_.OnRefused(status, reason);
  if (in_body) {
    EventRow& row = NextRow(EventRow::kBodyBroken, receiving_);
    row.sequence = connection.Newest();
  }
  Refuse(receiving_, status, in_body);
}

void HttpLoop::Refuse(int fd, uint32_t status, bool in_body) {
  Connection& http = At(fd).http;
  if (in_body && http.HasBegun(http.Newest())) {
    // The app's answer is on its way, or has arrived: there is no second one, only an end.
    http.EndInput();
    if (http.InFlight() == 0) Settle(fd);
    else Lose(fd);
    return;
  }
  const uint32_t sequence = http.BeginRefusal(in_body);
  AppendRefusal(BufferFor(fd, sequence), status, 0, Date());
  Complete(fd, sequence, true);
  SendRun();
}

// ---------------------------------------------------------------------------------------------------------------------
// Answers

void HttpLoop::Flush(uint32_t rows, std::span<const uint8_t> text) {
  size_t at = 0;
  for (const AnswerRow& row : answers_.first(std::min<size_t>(rows, answers_.size()))) {
    const uint64_t size = uint64_t{row.reason_size} + row.fields_size + row.body_size;
    if (size > text.size() - at) break;
    const Slot* slot = Find(row.fd, row.serial);
    if (slot != nullptr && slot->http.AwaitsAnswer(row.sequence)) {
      Answer(static_cast<int>(row.fd), row, text.subspan(at, size));
    }
    at += size;
  }
  SendRun();
}

uint32_t HttpLoop::Write(AnswerRow::Kind kind, uint32_t fd, uint32_t serial, uint32_t sequence, uint32_t flags,
                         std::span<const uint8_t> bytes) {
  Slot* slot = Find(fd, serial);
  if (slot == nullptr || !slot->http.AwaitsAnswer(sequence)) return 0;
  const int descriptor = static_cast<int>(fd);
  ByteBuffer& out = BufferFor(descriptor, sequence);
  if (kind == AnswerRow::kRaw) out.Append(bytes);
  else AppendPiece(out, flags, bytes);
  if (!slot->http.IsFirst(sequence)) return static_cast<uint32_t>(out.Size());
  SendRun();
  slot = Find(fd, serial);
  if (slot == nullptr || !slot->pending) return 0;
  slot->congested = slot->pending->Size() > kHighWater;
  return static_cast<uint32_t>(slot->pending->Size());
}

void HttpLoop::Answer(int fd, const AnswerRow& row, std::span<const uint8_t> text) {
  const std::string_view reason(reinterpret_cast<const char*>(text.data()), row.reason_size);
  const auto fields = text.subspan(row.reason_size, row.fields_size);
  const auto body = text.subspan(row.reason_size + row.fields_size);
  const bool is_last = (row.flags & kClose) != 0;
  ByteBuffer& out = BufferFor(fd, row.sequence);
  switch (static_cast<AnswerRow::Kind>(row.kind)) {
    case AnswerRow::kRespond:
      AppendHead(
          out,
          {.status = row.status, .flags = row.flags, .length = row.body_size, .reason = reason, .fields = fields},
          Date());
      if (!(row.flags & kBodiless) && !IsBodilessStatus(row.status)) out.Append(body);
      return Complete(fd, row.sequence, is_last);
    case AnswerRow::kBegin:
    case AnswerRow::kInform: {
      const uint64_t length = static_cast<uint64_t>(row.length_high) << 32 | row.length_low;
      AppendHead(out,
                 {.status = row.status, .flags = row.flags, .length = length, .reason = reason, .fields = fields},
                 Date());
      return;
    }
    case AnswerRow::kPiece:
      return AppendPiece(out, row.flags, body);
    case AnswerRow::kEnd:
      if (row.flags & kUnknownLength && !(row.flags & (kBodiless | kHttp10))) out.Append(kLastChunk);
      return Complete(fd, row.sequence, is_last);
    case AnswerRow::kRaw:
      return out.Append(body);
    case AnswerRow::kRawEnd:
      return Complete(fd, row.sequence, is_last);
  }
}

void HttpLoop::AppendPiece(ByteBuffer& out, uint32_t flags, std::span<const uint8_t> piece) {
  if (piece.empty() || flags & kBodiless) return;
  if (!(flags & kUnknownLength) || flags & kHttp10) return out.Append(piece);
  out.AppendHex(piece.size());
  out.Append("\r\n");
  out.Append(piece);
  out.Append("\r\n");
}

/// The buffer of what goes out next on this connection. What was in it for another one is sent first.
ByteBuffer& HttpLoop::OutOf(int fd) {
  if (run_fd_ != fd) {
    SendRun();
    run_fd_ = fd;
  }
  return run_;
}

ByteBuffer& HttpLoop::BufferFor(int fd, uint32_t sequence) {
  Connection& http = At(fd).http;
  if (!http.IsFirst(sequence)) return http.Hold(sequence);
  http.BeginFirst();
  return OutOf(fd);
}

void HttpLoop::Complete(int fd, uint32_t sequence, bool last) {
  Connection& http = At(fd).http;
  if (http.IsFirst(sequence)) {
    http.Complete(sequence, last, OutOf(fd));
  } else {
    http.Complete(sequence, last, run_);
  }
  if (http.CanGoOn()) {
    resumable_.emplace_back(fd, At(fd).serial);
    RequestTurn();
  }
  if (http.HasBodyLeft() && http.Reader() == Connection::BodyReader::kDiscarding) Watch(fd, At(fd).interest | kReadable);
}

void HttpLoop::SendRun() {
  if (run_fd_ < 0) return;
  const int fd = std::exchange(run_fd_, -1);
  Send(fd, run_.Bytes());
  run_.Clear();
}

void HttpLoop::Send(int fd, std::span<const uint8_t> bytes) {
  Slot& slot = At(fd);
  if (slot.pending) {
    slot.pending->bytes.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return;
  }
  if (!bytes.empty()) {
    ssize_t sent = send(fd, bytes.data(), bytes.size(), kSendFlags);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return Lose(fd);
    sent = std::max<ssize_t>(sent, 0);
    const auto rest = bytes.subspan(static_cast<size_t>(sent));
    if (!rest.empty()) {
      slot.pending = std::make_unique<Pending>();
      slot.pending->bytes.assign(reinterpret_cast<const char*>(rest.data()), rest.size());
      if (!Watch(fd, slot.interest | kWritable)) return;
    }
  }
  Settle(fd);
}

void HttpLoop::SendPending(int fd) {
  Slot& slot = At(fd);
  Pending& pending = *slot.pending;
  while (pending.Size() > 0) {
    const ssize_t sent = send(fd, pending.bytes.data() + pending.sent, pending.Size(), kSendFlags);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return Lose(fd);
      break;
    }
    pending.sent += static_cast<size_t>(sent);
    // Progress: the client has as long again.
    slot.waits_for = Deadline::kNone;
  }
  if (slot.congested && pending.Size() <= kHighWater / 2) {
    slot.congested = false;
    TellLate(EventRow::kDrain, 0, fd);
  }
  if (pending.Size() == 0) {
    slot.pending.reset();
    if (!Watch(fd, slot.interest & ~kWritable)) return;
  }
  Settle(fd);
}

/// After anything that may have been the last thing on a connection.
void HttpLoop::Settle(int fd) {
  const Slot& slot = At(fd);
  const Connection& http = slot.http;
  const bool is_over = http.IsFinished() || (http.InputEnded() && http.InFlight() == 0);
  if (!is_over || slot.pending) return Expect(fd);
  if (http.NeedsLinger() && !slot.ended) return Linger(fd);
  Forget(fd);
}

void HttpLoop::Linger(int fd) {
  Slot& slot = At(fd);
  if (slot.lingers) return;
  slot.lingers = true;
  if (shutdown(fd, SHUT_WR) != 0) return Lose(fd);
  slot.deadline = Now() + kLingerMilliseconds;
  slot.waits_for = Deadline::kLinger;
  SetTimer(fd, slot);
  Watch(fd, kReadable);
}

std::string_view HttpLoop::Date() {
  // libuv's clock is monotonic and cached; this one is read from memory without a system call.
  return date_.At(time(nullptr));
}

void HttpLoop::ReadBody(uint32_t fd, uint32_t serial, uint32_t sequence) {
  Slot* slot = Find(fd, serial);
  if (slot == nullptr || slot->http.Newest() != sequence || !slot->http.HasBodyLeft()) return;
  if (slot->http.TakeExpectation() && !slot->http.HasBegun(sequence)) {
    const int descriptor = static_cast<int>(fd);
    if (slot->http.IsFirst(sequence)) OutOf(descriptor).Append(kContinue);
    else slot->http.Hold(sequence).Append(kContinue);
    SendRun();
    slot = Find(fd, serial);
    if (slot == nullptr) return;
  }
  slot->http.SetReader(Connection::BodyReader::kFlowing);
  if (Watch(static_cast<int>(fd), slot->interest | kReadable)) Expect(static_cast<int>(fd));
}

void HttpLoop::PauseBody(uint32_t fd, uint32_t serial, uint32_t sequence) {
  Slot* slot = Find(fd, serial);
  if (slot == nullptr || slot->http.Newest() != sequence || !slot->http.HasBodyLeft()) return;
  slot->http.SetReader(Connection::BodyReader::kPaused);
  Expect(static_cast<int>(fd));
}

void HttpLoop::Abort(uint32_t fd, uint32_t serial) {
  if (Find(fd, serial) != nullptr) Lose(static_cast<int>(fd));
}

std::optional<HttpLoop::Detached> HttpLoop::Detach(uint32_t fd, uint32_t serial, uint32_t sequence) {
  Slot* slot = Find(fd, serial);
  if (slot == nullptr || slot->pending || !slot->http.CanUpgrade(sequence)) return std::nullopt;
  std::vector<uint8_t> rest = slot->http.TakeRest();
  UniqueFd descriptor = Remove(static_cast<int>(fd));
  if (stats_.open == 0) owner_.OnEmpty();
  return Detached{.fd = std::move(descriptor), .rest = std::move(rest)};
}

// ---------------------------------------------------------------------------------------------------------------------
// Time

HttpLoop::Deadline HttpLoop::WaitsFor(const Slot& slot) const {
  const Connection& http = slot.http;
  if (slot.lingers) return Deadline::kLinger;
  if (slot.pending) return Deadline::kWrite;
  if (http.IsInBody()) return Deadline::kBody;
  if (http.InFlight() > 0) return http.HasBegun(http.First()) ? Deadline::kNone : Deadline::kAnswer;
  if (http.IsInHead()) return Deadline::kHead;
  return http.IsFresh() ? Deadline::kFirst : Deadline::kIdle;
}

uint64_t HttpLoop::TimeoutOf(Deadline deadline) const {
  const Timeouts& timeouts = options_.timeouts;
  switch (deadline) {
    case Deadline::kFirst:
    case Deadline::kHead:
      return timeouts.head;
    case Deadline::kBody:
      return timeouts.body;
    case Deadline::kIdle:
      return timeouts.keep_alive;
    case Deadline::kAnswer:
      return timeouts.answer;
    case Deadline::kWrite:
      return timeouts.write;
    case Deadline::kLinger:
      return kLingerMilliseconds;
    case Deadline::kNone:
      return 0;
  }
  return 0;
}

/// Notes what a connection waits for now; the time runs from when it began to.
void HttpLoop::Expect(int fd) {
  Slot& slot = At(fd);
  const Deadline waits_for = WaitsFor(slot);
  if (waits_for == slot.waits_for) return;
  // What came before the first byte counts for the head too, or a client could wait twice.
  const bool goes_on = slot.waits_for == Deadline::kFirst && waits_for == Deadline::kHead;
  slot.waits_for = waits_for;
  if (goes_on) return;
  const uint64_t timeout = TimeoutOf(waits_for);
  slot.deadline = timeout == 0 ? 0 : Now() + timeout;
  SetTimer(fd, slot);
}

/// A timer that goes off too early costs a look at the connection, once in a while; setting it for each request would cost more.
void HttpLoop::SetTimer(int fd, Slot& slot) {
  if (slot.deadline == 0 || (slot.timer_at != 0 && slot.timer_at <= slot.deadline)) return;
  slot.timer_at = slot.deadline;
  timers_->Set(fd, slot.deadline);
  if (timer_due_ == 0 || slot.deadline < timer_due_) StartTimer();
}

void HttpLoop::StartTimer() {
  const std::optional<uint64_t> next = timers_->Next();
  timer_due_ = next.value_or(0);
  if (!next) return;
  const uint64_t now = Now();
  uv_timer_start(
      timer_.get(), [](uv_timer_t* handle) { static_cast<HttpLoop*>(handle->data)->OnTimer(); },
      *next > now ? *next - now : 1, 0);
}

void HttpLoop::OnTimer() {
  timer_due_ = 0;
  timers_->Advance(Now(), [this](int fd) { OnExpired(fd); });
  if (!closed_) StartTimer();
}

void HttpLoop::OnExpired(int fd) {
  Slot& slot = At(fd);
  slot.timer_at = 0;
  if (slot.serial == 0 || slot.deadline == 0) return;
  if (slot.deadline > Now()) return SetTimer(fd, slot);
  OnDeadline(fd);
}

void HttpLoop::OnDeadline(int fd) {
  Slot& slot = At(fd);
  switch (slot.waits_for) {
    case Deadline::kHead:
      return Refuse(fd, 408, false);
    case Deadline::kBody:
      if (slot.http.InFlight() > 0) TellLate(EventRow::kBodyBroken, 0, fd);
      return Refuse(fd, 408, true);
    case Deadline::kAnswer:
      if (slot.http.InFlight() > 1) return Lose(fd);
      TellLate(EventRow::kGone, EventRow::kLost, fd);
      return Refuse(fd, 503, true);
    default:
      return Lose(fd);
  }
}

}  // namespace picoev
