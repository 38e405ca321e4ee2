// Timers in a ring of 128 slots, one for each tick to come. A slot is a bit vector indexed by descriptor, with a
// summary vector over it that has a bit for each word. Setting and clearing are O(1), a tick is linear in what it
// finds.
//
// A deadline that moves away leaves its bit where it is: when that slot's turn comes, the descriptor is put where it
// belongs by then. So a keep-alive that each request puts off costs one store. Deadlines beyond the ring's horizon are
// the same case: they wait in the last slot and are put in anew.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "loop/timers.h"

namespace picoev {

class TimerWheel final : public Timers {
 public:
  TimerWheel(uint64_t now, uint32_t capacity) : origin_(now) { Grow(capacity); }

  void Set(int fd, uint64_t deadline) override {
    const auto descriptor = static_cast<uint32_t>(fd);
    if (descriptor >= entries_.size()) Grow(std::max<size_t>(descriptor + 1, entries_.size() * 2));
    Entry& entry = entries_[descriptor];
    if (entry.due == kNever) ++count_;
    entry.due = std::max(TickOf(deadline), current_ + 1);
    if (entry.slot != kNoSlot) {
      if (entry.due >= TickOfSlot(entry.slot)) return;
      RemoveBit(descriptor, entry.slot);
    }
    AddBit(descriptor);
  }

  void Clear(int fd) override {
    const auto descriptor = static_cast<uint32_t>(fd);
    if (descriptor >= entries_.size() || entries_[descriptor].due == kNever) return;
    entries_[descriptor].due = kNever;
    --count_;
  }

  /// The present moves on first, so that whatever is set meanwhile lands behind it. That may be in a slot which is yet
  /// to be looked at: it is then found not to be due, and stays.
  void Advance(uint64_t now, const std::function<void(int fd)>& expired) override {
    const uint32_t target = now < origin_ ? 0 : ClampTick((now - origin_) / kTick);
    if (target <= current_) return;
    const uint32_t first = current_ + 1;
    const uint32_t slots = std::min(target - current_, kSlots);
    current_ = target;
    for (uint32_t i = 0; i < slots; ++i) Visit((first + i) % kSlots, expired);
  }

  /// May name a slot whose descriptors have all been cleared or put off since.
  std::optional<uint64_t> Next() const override {
    if (count_ == 0) return std::nullopt;
    uint32_t tick = current_ + 1;
    while (bits_[tick % kSlots] == 0 && tick < current_ + kSlots) ++tick;
    return origin_ + tick * kTick;
  }

 private:
  static constexpr uint32_t kSlots = 128;
  static constexpr uint8_t kNoSlot = kSlots;
  static constexpr uint32_t kNever = 0;

  struct Entry {
    /// In ticks since the origin.
    uint32_t due = kNever;
    /// Which slot has its bit.
    uint8_t slot = kNoSlot;
  };

  struct Slot {
    std::vector<uint64_t> words;
    std::vector<uint64_t> summary;
  };

  static uint32_t ClampTick(uint64_t tick) { return static_cast<uint32_t>(std::min<uint64_t>(tick, UINT32_MAX / 2)); }

  /// The first tick that is not before the deadline.
  uint32_t TickOf(uint64_t deadline) const {
    return deadline <= origin_ ? 0 : ClampTick((deadline - origin_ - 1) / kTick + 1);
  }

  /// When a slot's turn comes.
  uint32_t TickOfSlot(uint8_t slot) const { return current_ + 1 + (slot - current_ - 1) % kSlots; }

  void AddBit(uint32_t descriptor) {
    Entry& entry = entries_[descriptor];
    entry.slot = static_cast<uint8_t>(std::min(entry.due, current_ + kSlots - 1) % kSlots);
    Slot& slot = slots_[entry.slot];
    const uint32_t word = descriptor / 64;
    slot.words[word] |= uint64_t{1} << (descriptor % 64);
    slot.summary[word / 64] |= uint64_t{1} << (word % 64);
    ++bits_[entry.slot];
  }

  void RemoveBit(uint32_t descriptor, uint8_t index) {
    Slot& slot = slots_[index];
    const uint32_t word = descriptor / 64;
    slot.words[word] &= ~(uint64_t{1} << (descriptor % 64));
    if (slot.words[word] == 0) slot.summary[word / 64] &= ~(uint64_t{1} << (word % 64));
    --bits_[index];
  }

  /// By indices throughout: `expired` may let the vectors grow.
  void Visit(uint32_t index, const std::function<void(int fd)>& expired) {
    if (bits_[index] == 0) return;
    const Slot& slot = slots_[index];
    for (uint32_t i = 0; i < slot.summary.size(); ++i) {
      uint64_t words = slot.summary[i];
      for (; words != 0; words &= words - 1) {
        VisitWord(index, i * 64 + static_cast<uint32_t>(std::countr_zero(words)), expired);
      }
    }
  }

  void VisitWord(uint32_t index, uint32_t word, const std::function<void(int fd)>& expired) {
    Slot& slot = slots_[index];
    slot.summary[word / 64] &= ~(uint64_t{1} << (word % 64));
    uint64_t bits = std::exchange(slot.words[word], 0);
    bits_[index] -= static_cast<uint32_t>(std::popcount(bits));
    for (uint64_t left = bits; left != 0; left &= left - 1) {
      entries_[word * 64 + static_cast<uint32_t>(std::countr_zero(left))].slot = kNoSlot;
    }
    for (; bits != 0; bits &= bits - 1) Settle(word * 64 + static_cast<uint32_t>(std::countr_zero(bits)), expired);
  }

  /// What becomes of a descriptor whose slot's turn has come. An earlier one's `expired` may have set or cleared it.
  void Settle(uint32_t descriptor, const std::function<void(int fd)>& expired) {
    Entry& entry = entries_[descriptor];
    if (entry.due == kNever || entry.slot != kNoSlot) return;
    if (entry.due > current_) return AddBit(descriptor);
    entry.due = kNever;
    --count_;
    expired(static_cast<int>(descriptor));
  }

  void Grow(size_t capacity) {
    const size_t words = (capacity + 63) / 64;
    entries_.resize(words * 64);
    for (Slot& slot : slots_) {
      slot.words.resize(words);
      slot.summary.resize((words + 63) / 64);
    }
  }

  const uint64_t origin_;
  /// The tick that Advance() has reached.
  uint32_t current_ = 0;
  /// Deadlines that are set.
  uint32_t count_ = 0;
  std::array<Slot, kSlots> slots_;
  /// How many bits each slot has; beside the slots, so that Next() looks at few cache lines.
  std::array<uint32_t, kSlots> bits_{};
  std::vector<Entry> entries_;
};

}  // namespace picoev
