// One HTTP/1.1 connection as a state machine without I/O: bytes in, requests out to a sink, answers back in their
// order. The loop reads, writes and keeps the time; a fuzzer can do the same.
//
// Invariant: answers leave in the order of their requests. Requests that came behind another one are answered whenever
// the app likes; what is ready too early is held here.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "http1/chunked_decoder.h"
#include "http1/http1_parser.h"
#include "http1/response.h"

namespace picoev {

struct RequestLimits {
  HeadLimits head;
  /// Bytes of a request's body; 0 for no limit.
  uint64_t body = 0;
};

/// A complete head, with what has come of its body.
struct RequestView {
  const Head& head;
  /// Begins with the method; `head` counts from here.
  std::span<uint8_t> bytes;
  std::span<const Field> fields;
  std::span<const uint8_t> body;
  bool body_complete;
  /// Which one of its connection, counted from 0.
  uint32_t sequence;
};

/// The bytes are no request, or no body: to be answered with `status` as the connection's last words.
struct Refusal {
  uint32_t status;
  /// For the log. Static storage.
  const char* reason;
  /// The newest request was told to the app already; the app's own answer to it does not count any more.
  bool in_body = false;
  /// Where its head was a good one, and it was not told yet.
  const RequestView* request = nullptr;
};

class Connection;

/// Gets what a connection finds in its bytes. The spans are parts of what was given to Receive().
class RequestSink {
 public:
  virtual void OnRequest(Connection& connection, const RequestView& request) = 0;
  /// A further piece of the newest request's body. An empty last one ends it.
  virtual void OnBody(Connection& connection, std::span<const uint8_t> piece, bool last) = 0;
  virtual void OnRefusal(Connection& connection, const Refusal& refusal) = 0;

 protected:
  ~RequestSink() = default;
};

class Connection {
 public:
  /// Who wants the body of the newest request.
  enum class BodyReader : uint8_t {
    /// Nobody so far: it waits in the kernel.
    kNone,
    kFlowing,
    kPaused,
    /// The answer is complete: what comes is thrown away.
    kDiscarding,
  };

  /// Requests that may wait for their answers on one connection; further ones are not read until then.
  static constexpr uint32_t kMaxInFlight = 64;

  // The input.

  /// Whether bytes are of use now. When not, they should stay in the kernel, so that the client is slowed down.
  bool WantsInput() const;
  /// Bytes that were received before and must come first in the next Receive().
  size_t CarriedSize() const { return carry_ ? carry_->size() : 0; }
  /// Copies them out, and forgets them. `to` has room for CarriedSize().
  void TakeCarry(uint8_t* to);
  /// `bytes` begins with what TakeCarry() gave. They are changed in place.
  void Receive(std::span<uint8_t> bytes, const RequestLimits& limits, RequestSink& sink);
  /// There are bytes that wait only for an earlier answer: Receive() should be called again now.
  bool CanGoOn() const { return waiting_ && input_ == Input::kHead && InFlight() <= kMaxInFlight / 2; }
  /// Nothing that the client sends from now on is read as a request.
  void EndInput();
  /// The newest request is the connection's last, as if it had said so itself.
  void TakeAsLast() {
    keep_alive_ = false;
    if (input_ == Input::kHead) input_ = Input::kEnded;
  }
  bool InputEnded() const { return input_ == Input::kEnded; }
  /// A head has begun and is not complete.
  bool IsInHead() const { return input_ == Input::kHead && carry_ != nullptr && !waiting_; }
  /// A body that somebody wants has begun and is not complete.
  bool IsInBody() const {
    return (input_ == Input::kLength || input_ == Input::kChunked) &&
           (reader_ == BodyReader::kFlowing || reader_ == BodyReader::kDiscarding);
  }
  bool HasBodyLeft() const { return input_ == Input::kLength || input_ == Input::kChunked; }
  BodyReader Reader() const { return reader_; }
  void SetReader(BodyReader reader) { reader_ = reader; }
  /// The newest request asked to be told before its body: `Expect: 100-continue`, and it was not told yet.
  bool TakeExpectation() { return std::exchange(expects_continue_, false); }

  /// Ends the connection's use as HTTP: what was received behind the request that asked for it.
  std::vector<uint8_t> TakeRest();
  /// An upgrade is possible: its request is the only one in flight.
  bool CanUpgrade(uint32_t sequence) const {
    return input_ == Input::kUpgrade && sequence == first_ && InFlight() == 1 && held_ == nullptr;
  }

  // The answers.

  uint32_t InFlight() const { return next_ - first_; }
  bool IsFresh() const { return next_ == 0; }
  /// Whether the app may still answer it.
  bool AwaitsAnswer(uint32_t sequence) const;
  /// Whether bytes of this answer may go out now. If not they are to be held.
  bool IsFirst(uint32_t sequence) const { return sequence == first_; }
  ByteBuffer& Hold(uint32_t sequence);
  /// Bytes of the first answer have gone out: a refusal can no longer take its place.
  void BeginFirst() { begun_ = true; }
  bool HasBegun(uint32_t sequence) const;
  /// The answer is complete. `last`: the connection ends behind it. For the first one in line, appends to `out` all
  /// that was held for those behind it and is due now.
  void Complete(uint32_t sequence, bool last, ByteBuffer& out);
  /// The last answer has been given: nothing more is to be sent.
  bool IsFinished() const { return finished_; }
  /// The sequence of a refusal: it takes the place of the app's answer, or comes behind all of them.
  uint32_t BeginRefusal(bool in_body);
  /// The client may still be sending what nobody will read: closing at once would reset the connection, and could
  /// destroy the last answer on its way (RFC 9112, 9.6).
  bool NeedsLinger() const { return needs_linger_; }
  uint32_t Newest() const { return next_ - 1; }
  uint32_t First() const { return first_; }

 private:
  enum class Input : uint8_t {
    kHead,
    kLength,
    kChunked,
    /// A request that asks for another protocol is in flight: what follows belongs to that, or is the next request.
    kUpgrade,
    kEnded,
  };

  struct Held {
    uint32_t sequence;
    bool complete = false;
    bool last = false;
    ByteBuffer bytes = {};
  };

  std::span<uint8_t> ReceiveHead(std::span<uint8_t> bytes, const RequestLimits& limits, RequestSink& sink);
  std::span<uint8_t> ReceiveBody(std::span<uint8_t> bytes, const RequestLimits& limits, RequestSink& sink);
  struct BodyPiece {
    std::span<const uint8_t> bytes;
    uint32_t consumed;
    bool last;
    uint32_t refusal = 0;
    const char* reason = nullptr;
  };
  BodyPiece DecodeBody(std::span<uint8_t> bytes, uint64_t limit);
  void Keep(std::span<const uint8_t> bytes);

  std::unique_ptr<std::string> carry_;
  std::unique_ptr<std::vector<Held>> held_;
  /// Under kLength what is missing of the body, under kChunked what has come of it.
  uint64_t body_ = 0;
  ChunkedDecoder decoder_;
  HeadProgress progress_;
  /// The oldest request without a complete answer, and the number of the next one.
  uint32_t first_ = 0;
  uint32_t next_ = 0;
  /// The app may answer up to here: a refusal takes what is beyond.
  uint32_t refused_ = UINT32_MAX;
  Input input_ = Input::kHead;
  BodyReader reader_ = BodyReader::kNone;
  bool waiting_ = false;
  /// Of the newest request.
  bool keep_alive_ = true;
  bool expects_continue_ = false;
  bool finished_ = false;
  bool begun_ = false;
  bool needs_linger_ = false;
};

}  // namespace picoev
