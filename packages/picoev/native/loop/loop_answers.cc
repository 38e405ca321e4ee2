// HttpLoop: answers, from the app's table to the socket.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "loop/loop.h"

namespace picoev {
namespace {

#ifdef MSG_NOSIGNAL
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;
#endif

constexpr std::string_view kLastChunk = "0\r\n\r\n";

constexpr bool IsInChunks(uint32_t flags) {
  return (flags & kUnknownLength) != 0 && (flags & (kBodiless | kHttp10)) == 0;
}

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

void HttpLoop::Flush(uint32_t rows, std::span<const uint8_t> text) {
  size_t at = 0;
  for (const AnswerRow& row : answers_.first(std::min<size_t>(rows, answers_.size()))) {
    const uint64_t size = uint64_t{row.reason_size} + row.fields_size + row.body_size;
    if (size > text.size() - at) break;
    const Slot* slot = Find(row.fd, row.serial);
    if (slot != nullptr && slot->http.Out().Awaits(row.sequence)) {
      Answer(static_cast<int>(row.fd), row, text.subspan(at, size));
    }
    at += size;
  }
  SendRun();
}

std::optional<HttpLoop::Written> HttpLoop::Write(AnswerRow::Kind kind, uint32_t fd, uint32_t serial, uint32_t sequence,
                                                 uint32_t flags, std::span<const uint8_t> bytes) {
  Slot* slot = Find(fd, serial);
  if (slot == nullptr || !slot->http.Out().Awaits(sequence)) return std::nullopt;
  Outbox& out = slot->http.Out();
  const auto taken = bytes.first(out.Accept(sequence, bytes.size()));
  if (!taken.empty()) {
    out.Begin(sequence, IsInChunks(flags));
    ByteBuffer& run = OutOf(static_cast<int>(fd));
    if (kind == AnswerRow::kRaw)
      run.Append(taken);
    else
      AppendPiece(run, flags, taken);
    SendRun();
    if (Find(fd, serial) == nullptr) return std::nullopt;
  }
  return Written{.taken = taken.size(), .goes_on = !out.MustWait(sequence)};
}

void HttpLoop::Answer(int fd, const AnswerRow& row, std::span<const uint8_t> text) {
  const std::string_view reason(reinterpret_cast<const char*>(text.data()), row.reason_size);
  const auto fields = text.subspan(row.reason_size, row.fields_size);
  const auto body = text.subspan(row.reason_size + row.fields_size);
  const bool is_last = (row.flags & kClose) != 0;
  const auto head_of = [&](uint64_t length) -> ResponseHead {
    return {.status = row.status,
            .flags = row.flags,
            .length = length,
            .reason = reason,
            .keep_alive = keep_alive_field_,
            .fields = fields};
  };
  Connection& http = At(fd).http;
  if (row.kind != AnswerRow::kInform) http.Out().Begin(row.sequence, IsInChunks(row.flags));
  ByteBuffer& out = BufferFor(fd, row.sequence);
  switch (static_cast<AnswerRow::Kind>(row.kind)) {
    case AnswerRow::kRespond:
      AppendHead(out, head_of(row.body_size), Date());
      if (!(row.flags & kBodiless) && !IsBodilessStatus(row.status)) out.Append(body);
      return Complete(fd, row.sequence, is_last);
    case AnswerRow::kBegin: {
      const uint64_t length = static_cast<uint64_t>(row.length_high) << 32 | row.length_low;
      AppendHead(out, head_of(length), Date());
      return;
    }
    case AnswerRow::kPiece:
      return AppendPiece(out, row.flags, body);
    case AnswerRow::kEnd:
      if (IsInChunks(row.flags)) out.Append(kLastChunk);
      return Complete(fd, row.sequence, is_last);
    case AnswerRow::kInform:
      // The app has said itself what the client waits for.
      if (row.status == 100 && row.sequence == http.Out().Newest()) (void)http.TakeExpectation();
      [[fallthrough]];
    case AnswerRow::kRaw:
      return out.Append(body);
    case AnswerRow::kRawEnd:
      return Complete(fd, row.sequence, is_last);
    case AnswerRow::kAnswered:
      At(fd).http.SetAnswered(row.sequence);
      return Expect(fd);
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
  Outbox& out = At(fd).http.Out();
  return out.IsFirst(sequence) ? OutOf(fd) : out.Hold(sequence);
}

void HttpLoop::Complete(int fd, uint32_t sequence, bool last) {
  Connection& http = At(fd).http;
  http.Complete(sequence, last, http.Out().IsFirst(sequence) ? OutOf(fd) : run_);
  // Those behind the last answer get none.
  if (http.Out().IsFinished() && http.Out().InFlight() > 0) TellLate(EventRow::kGone, EventRow::kLost, fd);
  if (http.HasBodyLeft() && http.Reader() == Connection::BodyReader::kDiscarding)
    Watch(fd, At(fd).interest | kReadable);
}

void HttpLoop::SendRun() {
  if (run_fd_ < 0) return;
  const int fd = std::exchange(run_fd_, -1);
  Send(fd, run_.Bytes());
  run_.Clear();
}

void HttpLoop::Send(int fd, std::span<const uint8_t> bytes) {
  Slot& slot = At(fd);
  if (slot.led && !bytes.empty()) {
    slot.led = false;
    bytes = bytes.subspan(1);
  }
  slot.traffic.sent += bytes.size();
  Outbox& out = slot.http.Out();
  if (!bytes.empty() && !out.HasPending()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), kSendFlags);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return LoseBy(fd, errno);
    bytes = bytes.subspan(static_cast<size_t>(std::max<ssize_t>(sent, 0)));
    if (!bytes.empty() && !Watch(fd, slot.interest | kWritable)) return;
  }
  if (!bytes.empty()) out.Keep(bytes);
  Settle(fd);
}

void HttpLoop::SendPending(int fd) {
  if (!Push(fd)) return LoseBy(fd, errno);
  const Slot& slot = At(fd);
  if (!slot.http.Out().HasPending() && !Watch(fd, slot.interest & ~kWritable)) return;
  Settle(fd);
}

/// Hands the kernel what it takes of what waits. False: nothing will be taken any more.
bool HttpLoop::Push(int fd) {
  Slot& slot = At(fd);
  Outbox& out = slot.http.Out();
  while (out.HasPending()) {
    const auto bytes = out.Pending();
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), kSendFlags);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK;
    }
    out.Sent(static_cast<size_t>(sent));
    // Progress: the client has as long again.
    slot.waits_for = Wait::kUndecided;
  }
  return true;
}

/// After anything that may have made room, or been the last thing on a connection.
void HttpLoop::Settle(int fd) {
  Slot& slot = At(fd);
  Connection& http = slot.http;
  Outbox& out = http.Out();
  if (out.TakeDrain()) TellLate(EventRow::kDrain, 0, fd);
  if (http.CanGoOn()) GoOnSoon(fd);
  const bool is_over = out.IsFinished() || (http.InputEnded() && out.InFlight() == 0);
  if (!is_over || out.HasPending()) return Expect(fd);
  if (http.NeedsLinger() && !slot.ended) return Linger(fd);
  Forget(fd);
}

void HttpLoop::Linger(int fd) {
  Slot& slot = At(fd);
  if (slot.lingers) return;
  slot.lingers = true;
  if (shutdown(fd, SHUT_WR) != 0) return Lose(fd);
  if (Watch(fd, kReadable)) Expect(fd);
}

std::string_view HttpLoop::Date() {
  // libuv's clock is monotonic and cached; this one is read from memory without a system call.
  return date_.At(time(nullptr));
}

void HttpLoop::ReadBody(uint32_t fd, uint32_t serial, uint32_t sequence) {
  Slot* slot = Find(fd, serial);
  if (slot == nullptr || !slot->http.IsBodyOf(sequence)) return;
  const int descriptor = static_cast<int>(fd);
  if (slot->http.TakeExpectation() && !slot->http.Out().HasBegun(sequence)) {
    BufferFor(descriptor, sequence).Append(kContinue);
    SendRun();
    if (Find(fd, serial) == nullptr) return;
  }
  slot->http.SetReader(Connection::BodyReader::kFlowing);
  if (Watch(descriptor, slot->interest | kReadable)) Expect(descriptor);
}

void HttpLoop::PauseBody(uint32_t fd, uint32_t serial, uint32_t sequence) {
  Slot* slot = Find(fd, serial);
  if (slot == nullptr || !slot->http.IsBodyOf(sequence)) return;
  slot->http.SetReader(Connection::BodyReader::kPaused);
  Expect(static_cast<int>(fd));
}

void HttpLoop::Abort(uint32_t fd, uint32_t serial, bool resets) {
  if (Find(fd, serial) == nullptr) return;
  // What is closed without a moment to linger is answered with a reset.
  const linger none{.l_onoff = 1, .l_linger = 0};
  if (resets) setsockopt(static_cast<int>(fd), SOL_SOCKET, SO_LINGER, &none, sizeof none);
  const auto told = static_cast<std::ptrdiff_t>(late_rows_.size());
  Lose(static_cast<int>(fd));
  parting_rows_.insert(parting_rows_.end(), late_rows_.begin() + told, late_rows_.end());
  late_rows_.resize(static_cast<size_t>(told));
  closing_.Request();
}

void HttpLoop::EndConnection(uint32_t fd, uint32_t serial) {
  Slot* slot = Find(fd, serial);
  if (slot == nullptr) return;
  slot->http.EndInput();
  Settle(static_cast<int>(fd));
}

std::optional<HttpLoop::Detached> HttpLoop::Detach(uint32_t fd, uint32_t serial, uint32_t sequence) {
  Slot* slot = Find(fd, serial);
  if (slot == nullptr || !slot->http.CanUpgrade(sequence)) return std::nullopt;
  std::vector<uint8_t> rest = slot->http.TakeRest();
  const auto client = slot->client ? std::optional(*slot->client) : std::nullopt;
  ++detached_;
  UniqueFd descriptor = Remove(static_cast<int>(fd));
  return Detached{.fd = std::move(descriptor), .rest = std::move(rest), .client = client};
}

void HttpLoop::FreePlace() {
  if (detached_ > 0) --detached_;
  ResumeWhereThereIsRoom();
}

}  // namespace picoev
