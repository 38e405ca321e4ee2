#include "loop/outbox.h"

#include <algorithm>
#include <utility>

namespace picoev {

bool Outbox::Awaits(uint32_t sequence) const {
  // Differences, so that the numbers may wrap round.
  if (finished_ || sequence - first_ >= InFlight() || (is_refused_ && sequence == Newest())) return false;
  if (sequence == first_) return true;
  const Held* held = FindHeld(sequence);
  return held == nullptr || !held->complete;
}

bool Outbox::HasBegun(uint32_t sequence) const {
  if (!Awaits(sequence)) return true;
  if (sequence == first_) return state_.begun;
  const Held* held = FindHeld(sequence);
  return held != nullptr && held->state.begun;
}

void Outbox::Begin(uint32_t sequence, bool in_chunks) {
  State& state = StateOf(sequence);
  state.begun = true;
  state.in_chunks |= in_chunks;
}

size_t Outbox::Accept(uint32_t sequence, size_t size) {
  if (size > kHighWater) StateOf(sequence).is_long = true;
  return sequence == first_ && PendingSize() <= kHighWater ? std::min(size, kMostAtOnce) : 0;
}

bool Outbox::MustWait(uint32_t sequence) {
  if (sequence == first_ && PendingSize() <= kHighWater) return false;
  State& state = StateOf(sequence);
  state.waits = state.is_long = true;
  return true;
}

void Outbox::Complete(uint32_t sequence, bool last, ByteBuffer& run) {
  if (sequence != first_) {
    Held& held = HeldOf(sequence);
    held.complete = true;
    held.last = last;
    return;
  }
  for (;;) {
    AdaptWindow();
    ++first_;
    state_ = {};
    if (last) {
      finished_ = true;
      if (store_) store_->held.clear();
      break;
    }
    if (!HasHeld()) return;
    const auto next = std::ranges::find(store_->held, first_, &Held::sequence);
    if (next == store_->held.end()) return;
    const Held due = std::move(*next);
    store_->held.erase(next);
    run.Append(due.bytes.Bytes());
    state_ = due.state;
    if (!due.complete) break;
    last = due.last;
  }
  DropEmptyStore();
}

uint32_t Outbox::Refuse(bool in_place) {
  if (!in_place) ++next_;
  is_refused_ = true;
  if (Newest() != first_) Hold(Newest()).Clear();
  return Newest();
}

std::span<const uint8_t> Outbox::Pending() const {
  return store_ == nullptr ? std::span<const uint8_t>() : store_->pending.Bytes().subspan(store_->sent);
}

void Outbox::Keep(std::span<const uint8_t> bytes) {
  Store& store = NeedStore();
  // A client that never takes all would otherwise have us keep all that it has ever taken.
  if (store.sent > store.pending.Size() / 2) {
    store.pending.DropFirst(std::exchange(store.sent, 0));
  }
  store.pending.Append(bytes);
}

void Outbox::Sent(size_t size) {
  store_->sent += size;
  if (store_->sent < store_->pending.Size()) return;
  store_->sent = 0;
  store_->pending = {};
  DropEmptyStore();
}

Outbox::Store& Outbox::NeedStore() {
  if (!store_) store_ = std::make_unique<Store>();
  return *store_;
}

Outbox::Held& Outbox::HeldOf(uint32_t sequence) {
  Store& store = NeedStore();
  const auto held = std::ranges::find(store.held, sequence, &Held::sequence);
  return held != store.held.end() ? *held : store.held.emplace_back(Held{.sequence = sequence});
}

const Outbox::Held* Outbox::FindHeld(uint32_t sequence) const {
  if (!store_) return nullptr;
  const auto held = std::ranges::find(store_->held, sequence, &Held::sequence);
  return held == store_->held.end() ? nullptr : &*held;
}

size_t Outbox::HeldSize() const {
  size_t size = 0;
  for (const Held& held : store_->held) size += held.bytes.Size();
  return size;
}

/// Also while a long answer waits with the app: who has asked for one may have asked for many.
bool Outbox::IsStoreFull() const {
  return state_.waits || std::ranges::any_of(store_->held, [](const Held& held) { return held.state.waits; }) ||
         Waiting() > kHighWater;
}

void Outbox::DropEmptyStore() {
  if (store_ && store_->held.empty() && !HasPending()) store_.reset();
}

void Outbox::AdaptWindow() {
  if (state_.is_long) {
    window_ = kFewInFlight;
  } else if (window_ < kMostInFlight) {
    window_ *= 2;
  }
}

}  // namespace picoev
