// A connection's outbox between apps, a client and the kernel's buffer, all of which do what `choose` says; against a
// plain list of what must arrive. The test takes random numbers, the fuzzer its input.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "http1/octets.h"
#include "loop/outbox.h"

namespace picoev::test {

/// `Choose` is uint32_t(uint32_t bound), below the bound; `Require` is void(bool holds, const char* what).
template <typename Choose, typename Require>
class OutboxModel {
 public:
  OutboxModel(Choose choose, Require require) : choose_(choose), require_(require) {}

  void Step() {
    switch (choose_(8)) {
      case 0:
      case 1:
        if (!input_ended_ && out_.TakesRequest()) Ask();
        break;
      case 2:
        Give();
        break;
      case 3:
        Offer();
        break;
      case 4:
        End();
        break;
      case 5:
        Take(1 + choose_(choose_(8) == 0 ? 400'000 : 20'000));
        break;
      case 6:
        Inform();
        break;
      default:
        if (choose_(16) == 0) EndInput();
    }
    Check();
  }

  /// All apps give the rest of their answers and the client takes all: then everything has arrived, in order.
  void Finish() {
    room_ = SIZE_MAX;
    while (out_.InFlight() > 0 && !out_.IsFinished()) {
      const uint32_t first = out_.First();
      Take(SIZE_MAX);
      App& app = apps_[first];
      require_(!app.must_wait, "an answer whose turn it is, and whose client takes all, may go on");
      if (out_.Awaits(first)) {
        while (!app.backlog.empty()) OfferRest(first);
        Complete(first, false);
      }
      Check();
      require_(out_.First() != first, "nothing hangs");
    }
    Take(SIZE_MAX);
    Check();
    require_(out_.Waiting() == 0 && !out_.HasPending(), "nothing is left");
    require_(wire_ == Due(), "what must arrive has arrived");
    if (!out_.IsFinished()) require_(out_.TakesRequest() && out_.TakesMany(), "requests go on");
  }

 private:
  /// As http-exchange.ts: short pieces are handed over as they are, up to so many bytes; then one must be offered.
  static constexpr size_t kShort = 16 * 1024;
  /// Of all that a connection keeps for apps that wait when they are told to.
  static constexpr size_t kBound =
      Outbox::kHighWater + Outbox::kMostAtOnce + Outbox::kMostInFlight * (kShort + 64);

  struct App {
    /// What was handed over.
    std::string given;
    /// What was not taken.
    std::string backlog;
    size_t gathered = 0;
    bool must_wait = false;
    bool has_begun = false;
    bool complete = false;
    bool last = false;
  };

  void Ask() {
    require_(out_.InFlight() < Outbox::kMostInFlight, "the queue is bounded");
    require_(out_.Open() == apps_.size(), "requests are counted");
    apps_.emplace_back();
  }

  /// One whose answer is not complete; false when there is none.
  bool Pick(uint32_t& sequence) {
    if (out_.InFlight() == 0 || out_.IsFinished()) return false;
    sequence = out_.First() + choose_(out_.InFlight());
    return out_.Awaits(sequence);
  }

  std::string Text(size_t size) {
    std::string text = std::to_string(++texts_) + ";";
    text.resize(size, static_cast<char>('a' + texts_ % 26));
    return text;
  }

  void Give() {
    uint32_t sequence = 0;
    if (!Pick(sequence)) return;
    App& app = apps_[sequence];
    const std::string text = Text(1 + choose_(choose_(3) == 0 ? kShort : 200));
    if (app.must_wait || app.gathered + text.size() > kShort) return;
    app.gathered += text.size();
    app.has_begun = true;
    out_.Begin(sequence);
    Append(sequence, text);
    Send();
  }

  void Inform() {
    uint32_t sequence = 0;
    if (!Pick(sequence) || apps_[sequence].has_begun || choose_(4) != 0) return;
    Append(sequence, "100;");
    Send();
  }

  void Offer() {
    uint32_t sequence = 0;
    if (!Pick(sequence) || apps_[sequence].must_wait) return;
    App& app = apps_[sequence];
    app.gathered = 0;
    app.backlog += Text(1 + choose_(choose_(8) == 0 ? 400'000 : 20'000));
    OfferRest(sequence);
  }

  void OfferRest(uint32_t sequence) {
    App& app = apps_[sequence];
    const size_t taken = out_.Accept(sequence, app.backlog.size());
    require_(taken <= std::min(app.backlog.size(), Outbox::kMostAtOnce), "no more is taken than is offered");
    if (taken > 0) {
      app.has_begun = true;
      out_.Begin(sequence);
      Append(sequence, app.backlog.substr(0, taken));
      app.backlog.erase(0, taken);
      Send();
    }
    app.must_wait = out_.MustWait(sequence);
    require_(app.must_wait || taken > 0, "who may go on was taken from");
  }

  void End() {
    uint32_t sequence = 0;
    if (!Pick(sequence) || !apps_[sequence].backlog.empty()) return;
    Complete(sequence, choose_(40) == 0);
  }

  void Complete(uint32_t sequence, bool last) {
    apps_[sequence].complete = true;
    apps_[sequence].last = last;
    out_.Complete(sequence, last, run_);
    Send();
  }

  /// The client ends its side, or sends what is no request, or no body.
  void EndInput() {
    if (input_ended_ || out_.IsFinished()) return;
    input_ended_ = true;
    if (choose_(2) == 0) return;
    const bool in_place = out_.InFlight() > 0 && out_.Awaits(out_.Newest()) && choose_(2) == 0;
    const bool has_begun = in_place && out_.HasBegun(out_.Newest());
    const uint32_t sequence = out_.Refuse(in_place);
    if (!in_place) apps_.emplace_back();
    App& app = apps_[sequence];
    if (in_place && !out_.IsFirst(sequence)) app.given.clear();
    app.backlog.clear();
    app.must_wait = false;
    if (!has_begun) Append(sequence, "refused;");
    Complete(sequence, true);
  }

  void Append(uint32_t sequence, const std::string& text) {
    apps_[sequence].given += text;
    (out_.IsFirst(sequence) ? run_ : out_.Hold(sequence)).Append(text);
  }

  /// As the loop sends a run.
  void Send() {
    std::span<const uint8_t> bytes = run_.Bytes();
    if (!bytes.empty() && !out_.HasPending()) {
      const size_t size = std::min(room_, bytes.size());
      Arrive(bytes.first(size));
      bytes = bytes.subspan(size);
    }
    if (!bytes.empty()) out_.Keep(bytes);
    run_.Clear();
    Drain();
  }

  /// The kernel has room for so many bytes more.
  void Take(size_t size) {
    room_ = std::max(room_, size);
    while (out_.HasPending() && room_ > 0) {
      const auto bytes = out_.Pending();
      const size_t sent = std::min(bytes.size(), room_);
      Arrive(bytes.first(sent));
      out_.Sent(sent);
    }
    Drain();
  }

  void Arrive(std::span<const uint8_t> bytes) {
    wire_ += AsText(bytes);
    if (room_ != SIZE_MAX) room_ -= bytes.size();
  }

  void Drain() {
    if (!out_.TakeDrain()) return;
    App& app = apps_[out_.First()];
    require_(app.must_wait || !out_.Awaits(out_.First()), "only who waits is told to go on");
    app.must_wait = false;
    app.gathered = 0;
  }

  /// All answers up to the first one that is not complete, with what there is of that, and nothing behind the last one.
  std::string Due() const {
    std::string due;
    for (const App& app : apps_) {
      due += app.given;
      if (!app.complete || app.last) break;
    }
    return due;
  }

  void Check() {
    size_t due = 0;
    size_t held = 0;
    bool is_due = true;
    for (const App& app : apps_) {
      (is_due ? due : held) += app.given.size();
      if (app.last && is_due) break;
      is_due = is_due && app.complete;
    }
    const size_t pending = out_.Pending().size();
    require_(wire_.size() + pending == due, "what is due has left or waits to");
    require_(out_.Waiting() == pending + (out_.IsFinished() ? 0 : held), "all that waits is counted");
    require_(out_.Waiting() <= kBound, "what waits is bounded");
    if (out_.Waiting() > Outbox::kHighWater) require_(!out_.TakesRequest(), "who takes no answers asks for no more");
    for (uint32_t sequence = out_.First(); sequence - out_.First() < out_.InFlight(); ++sequence) {
      const App& app = apps_[sequence];
      if (out_.Awaits(sequence)) require_(out_.HasBegun(sequence) == app.has_begun, "an informational answer begins nothing");
      if (app.complete) require_(!out_.Awaits(sequence), "an answer is given once");
    }
  }

  Choose choose_;
  Require require_;
  Outbox out_;
  ByteBuffer run_;
  std::vector<App> apps_;
  std::string wire_;
  size_t room_ = 0;
  uint32_t texts_ = 0;
  bool input_ended_ = false;
};

}  // namespace picoev::test
