// The answers of one connection on their way out, without I/O: whose turn it is, what waits, and who must wait. The loop
// sends and keeps the time; a model test and a fuzzer do the same.
//
// Invariants: answers leave in the order of their requests. What waits, waits here and nowhere else: bytes that the
// kernel did not take, and short answers that were ready before their turn. Long ones stay with the app until then, so
// no app that heeds Accept() makes a connection keep more than the bounds below.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "http1/response.h"

namespace picoev {

class Outbox {
 public:
  /// Requests that may wait for their answers at once, while these are short.
  static constexpr uint32_t kMostInFlight = 64;
  /// The same before any answer has shown how long they are, and where the last one was long.
  static constexpr uint32_t kFirstInFlight = 8;
  static constexpr uint32_t kFewInFlight = 2;
  /// Bytes that wait beyond which no more are taken and no further request is read; and down to which they must go
  /// before both go on.
  static constexpr size_t kHighWater = 64 * 1024;
  static constexpr size_t kLowWater = kHighWater / 2;
  /// The most that is taken of a long answer at once.
  static constexpr size_t kMostAtOnce = 256 * 1024;

  // Requests.

  /// A request has come: its number, counted from 0.
  uint32_t Open() { return next_++; }
  uint32_t InFlight() const { return next_ - first_; }
  bool IsFresh() const { return next_ == 0; }
  /// The oldest request without a complete answer.
  uint32_t First() const { return first_; }
  uint32_t Newest() const { return next_ - 1; }
  /// Whether a further request may be handed to the app.
  bool TakesRequest() const { return InFlight() < window_ && !IsFull(); }
  /// The same for one that had to wait. Not at the first chance, so that not each one has to wait.
  bool TakesMany() const { return InFlight() <= window_ / 2 && !IsFull() && Waiting() <= kLowWater; }

  // Answers.

  /// Whether the app may still answer it.
  bool Awaits(uint32_t sequence) const;
  bool IsFirst(uint32_t sequence) const { return sequence == first_; }
  /// More than an informational answer (1xx) was given: a refusal can no longer take its place.
  bool HasBegun(uint32_t sequence) const;
  /// `in_chunks`: what has been given of it ends with a chunk, and more will follow.
  void Begin(uint32_t sequence, bool in_chunks = false);
  /// The first answer is under way, and nothing of it waits: what comes next on the wire is the size of a chunk.
  bool IsBetweenChunks() const { return state_.in_chunks && !state_.waits && !HasPending(); }
  /// Where the bytes of an answer go whose turn has not come.
  ByteBuffer& Hold(uint32_t sequence) { return HeldOf(sequence).bytes; }
  /// How many of so many bytes of a long answer are taken now; the rest is offered again after TakeDrain().
  size_t Accept(uint32_t sequence, size_t size);
  /// After the accepted bytes were sent or kept: whether the app must wait for TakeDrain().
  bool MustWait(uint32_t sequence);
  /// The answer is complete. `last`: the connection ends behind it. Where it was its turn, appends to `run` what was
  /// held of the next ones and is due now.
  void Complete(uint32_t sequence, bool last, ByteBuffer& run);
  /// The app of the first answer was told to wait, and may go on.
  bool TakeDrain() {
    if (!state_.waits || PendingSize() > kLowWater) return false;
    state_.waits = false;
    return true;
  }
  /// The number of a refusal, the last answer of all: it takes the place of the newest request's or comes behind it.
  uint32_t Refuse(bool in_place);
  /// The last answer has been given: nothing more is to be sent.
  bool IsFinished() const { return finished_; }

  // Bytes that the kernel has not taken.

  bool HasPending() const { return PendingSize() > 0; }
  std::span<const uint8_t> Pending() const;
  void Keep(std::span<const uint8_t> bytes);
  void Sent(size_t size);
  /// All that waits, held answers included.
  size_t Waiting() const { return store_ == nullptr ? 0 : PendingSize() + HeldSize(); }
  bool HasHeld() const { return store_ != nullptr && !store_->held.empty(); }

 private:
  /// What is known of an answer while its request waits.
  struct State {
    bool begun = false;
    bool in_chunks = false;
    /// The app was told to wait.
    bool waits = false;
    bool is_long = false;
  };

  struct Held {
    uint32_t sequence;
    State state = {};
    bool complete = false;
    bool last = false;
    ByteBuffer bytes = {};
  };

  /// Only while something waits.
  struct Store {
    ByteBuffer pending;
    /// Bytes of `pending` that are gone already.
    size_t sent = 0;
    std::vector<Held> held;
  };

  size_t PendingSize() const { return store_ == nullptr ? 0 : store_->pending.Size() - store_->sent; }
  Store& NeedStore();
  Held& HeldOf(uint32_t sequence);
  const Held* FindHeld(uint32_t sequence) const;
  State& StateOf(uint32_t sequence) { return sequence == first_ ? state_ : HeldOf(sequence).state; }
  size_t HeldSize() const;
  bool IsFull() const { return store_ != nullptr && IsStoreFull(); }
  bool IsStoreFull() const;
  void DropEmptyStore();
  void AdaptWindow();

  std::unique_ptr<Store> store_;
  uint32_t first_ = 0;
  uint32_t next_ = 0;
  uint8_t window_ = kFirstInFlight;
  /// The newest answer is a refusal: no request comes behind it.
  bool is_refused_ = false;
  bool finished_ = false;
  /// Of the first answer.
  State state_;
};

}  // namespace picoev
