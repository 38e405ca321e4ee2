// HttpLoop: what each connection waits for, for how long, and what happens then. docs/architecture.md has the table.
//
// Invariant: where it is not the app's turn, a connection has a deadline, as far as the settings limit it.
#include <sys/socket.h>

#include <cstdint>

#include "loop/loop.h"

namespace picoev {
namespace {

/// How long a client may go on sending what nobody reads before the connection is closed all the same.
constexpr uint64_t kLingerMilliseconds = 2'000;

/// How long a client that has ended its side waits for its answer before it is asked whether it is still there.
constexpr uint64_t kHalfClosedMilliseconds = 250;

/// How long the owner may take to say what a client is told whose bytes were no request.
constexpr uint64_t kRefusalMilliseconds = 5'000;

/// Whether bytes of the client wait to be read.
bool HasUnread(int fd) {
  uint8_t byte;
  return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}  // namespace

HttpLoop::Wait HttpLoop::WaitsFor(const Slot& slot) const {
  const Connection& http = slot.http;
  const Outbox& out = http.Out();
  if (slot.lingers) return Wait::kLinger;
  if (out.HasPending()) return Wait::kWrite;
  if (http.AwaitsRefusal()) return Wait::kRefusal;
  if (http.IsInBody() || (http.HasBodyLeft() && http.IsAnswered())) return Wait::kBody;
  if ((slot.ended || slot.end_waits) && !slot.probed && out.InFlight() > 0) return Wait::kHalfClosed;
  if (out.InFlight() > 0) return out.HasBegun(out.First()) ? Wait::kNothing : Wait::kAnswer;
  if (http.IsInHead()) return Wait::kHead;
  return out.IsFresh() ? Wait::kFirst : Wait::kIdle;
}

uint64_t HttpLoop::TimeoutOf(const Slot& slot) const {
  const Timeouts& timeouts = options_.timeouts;
  switch (slot.waits_for) {
    case Wait::kFirst:
    case Wait::kHead:
      return timeouts.head;
    case Wait::kBody:
      return slot.body_time;
    case Wait::kIdle:
      return timeouts.keep_alive;
    case Wait::kAnswer:
      return timeouts.answer;
    case Wait::kWrite:
      return timeouts.write;
    case Wait::kHalfClosed:
      return kHalfClosedMilliseconds;
    case Wait::kRefusal:
      return kRefusalMilliseconds;
    case Wait::kLinger:
      return kLingerMilliseconds;
    case Wait::kNothing:
    case Wait::kUndecided:
      return 0;
  }
  return 0;
}

/// Notes what a connection waits for now; the time runs from when it began to.
void HttpLoop::Expect(int fd) {
  TimeExchange(fd);
  Slot& slot = At(fd);
  const Wait before = slot.waits_for;
  const Wait now = WaitsFor(slot);
  const bool is_next_answer = now == Wait::kAnswer && slot.http.Out().First() != slot.awaited;
  if (now == before && !is_next_answer) return;
  // While the app has no use for more of a body, its client loses no time.
  if (before == Wait::kBody) {
    slot.body_time = static_cast<uint32_t>(deadlines_->Left(fd));
    slot.body_reprieved = deadlines_->IsReprieved(fd);
  }
  slot.waits_for = now;
  slot.awaited = slot.http.Out().First();
  // What came before the first byte counts for the head too, or a client could wait twice.
  if (before == Wait::kFirst && now == Wait::kHead) return;
  deadlines_->Set(fd, TimeoutOf(slot), now == Wait::kBody && slot.body_reprieved);
}

/// Of several requests each has all of its time, from its turn. That of the last one runs until nothing of its answer waits.
void HttpLoop::TimeExchange(int fd) {
  if (!exchange_deadlines_) return;
  Slot& slot = At(fd);
  const Outbox& out = slot.http.Out();
  if (out.InFlight() > 0 && !out.IsFinished()) {
    if (slot.timed == out.First()) return;
    slot.timed = out.First();
    exchange_deadlines_->Set(fd, options_.timeouts.exchange);
  } else if (slot.timed && !out.HasPending()) {
    slot.timed.reset();
    exchange_deadlines_->Set(fd, 0);
  }
}

void HttpLoop::OnOverdue(int fd) {
  const Outbox& out = At(fd).http.Out();
  if (out.InFlight() > 0 && !out.HasBegun(out.First())) return GiveUp(fd, EventRow::kOverdue);
  // Of an answer that the app has given in full, all that is left to tell.
  if (out.InFlight() == 0) TellLate(EventRow::kGone, EventRow::kLost | EventRow::kOverdue, fd);
  Lose(fd, EventRow::kOverdue);
}

/// A request has come; its body, if any, has all of its time.
void HttpLoop::BeginBody(Slot& slot) const {
  slot.body_time = static_cast<uint32_t>(options_.timeouts.body);
  slot.body_reprieved = false;
  if (slot.waits_for == Wait::kBody) slot.waits_for = Wait::kUndecided;
}

void HttpLoop::OnDeadline(int fd) {
  const Slot& slot = At(fd);
  const Outbox& out = slot.http.Out();
  switch (slot.waits_for) {
    case Wait::kHead:
      ++stats_.late_heads;
      return RefuseLate(fd);
    case Wait::kBody:
      ++stats_.late_bodies;
      if (tells_refusals_) return OfferLate(fd, 408, out.Awaits(out.Newest()));
      if (out.InFlight() > 0) {
        TellLate(EventRow::kBodyBroken, 0, fd, out.HasBegun(out.Newest()) ? 0 : 408);
      }
      return Refuse(fd, 408, true);
    case Wait::kAnswer:
      return GiveUp(fd);
    case Wait::kHalfClosed:
      return Probe(fd);
    case Wait::kFirst:
      if (!slot.http.AwaitsProxyHeader() && !HasUnread(fd)) {
        ++stats_.late_heads;
        // As Node's server, of which the program expects it; else there is nobody to tell.
        if (refuses_barely_) return RefuseLate(fd);
      }
      [[fallthrough]];
    case Wait::kIdle:
      if (slot.http.AwaitsProxyHeader()) return LoseUnproxied(fd, kProxyHeaderLate);
      // Where it stays: its next request has just come.
      deadlines_->Set(fd, TimeoutOf(slot));
      return LeaveIdle(fd);
    case Wait::kWrite:
      ++stats_.late_writes;
      return Lose(fd);
    default:
      return Lose(fd);
  }
}

/// No head has come in its time.
void HttpLoop::RefuseLate(int fd) {
  if (tells_refusals_) return OfferLate(fd, 408, false);
  Refuse(fd, 408, false);
}

/// Unless its next request has come, which is read in this turn or the next. Of the last answer some may still be on its
/// way, and a request towards us.
void HttpLoop::LeaveIdle(int fd) {
  if (HasUnread(fd)) return;
  if (At(fd).http.Out().IsFresh()) return Lose(fd);
  Linger(fd);
}

/// The app is late with the first answer, which is the last one therefore.
void HttpLoop::GiveUp(int fd, uint32_t flags) {
  Connection& http = At(fd).http;
  TellLate(EventRow::kGone, EventRow::kLost | flags, fd, 503);
  late_rows_.back().sequence = http.Out().First();
  refusals_.push_back({503, FaultKind::kRule, "the app has not answered in time"});
  http.BreakInput();
  AppendRefusal(OutOf(fd), 503, 0, Date());
  Complete(fd, http.Out().First(), true);
  SendRun();
}

}  // namespace picoev
