// One HTTP/1.1 connection as a state machine without I/O: bytes in, requests out to a sink; their answers are its
// outbox's. The loop reads, writes and keeps the time; a fuzzer can do the same.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "http1/chunked_decoder.h"
#include "http1/http1_parser.h"
#include "loop/outbox.h"
#include "net/proxy_header.h"

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
  /// As in BodyView.
  std::span<const uint8_t> trailers;
  bool body_complete;
  /// Which one of its connection, counted from 0.
  uint32_t sequence;
};

/// A further piece of the newest request's body.
struct BodyView {
  /// May be empty.
  std::span<const uint8_t> bytes;
  /// Of the trailer fields behind the body as much as has come, lines with their CRLF. Directly behind `bytes`.
  std::span<const uint8_t> trailers;
  /// It ends the body.
  bool last;
};

/// The bytes are no request, or no body: to be answered with the fault's status as the connection's last words.
struct Refusal {
  Fault fault;
  /// The newest request was told to the app already; the app's own answer to it does not count any more.
  bool in_body = false;
  /// Where its head was a good one, and it was not told yet.
  const RequestView* request = nullptr;
  /// Where its head was not: all that has come of it and behind it.
  std::span<const uint8_t> bytes = {};
  /// As many of these were found right.
  uint32_t parsed = 0;
};

class Connection;

/// Gets what a connection finds in its bytes. The spans are parts of what was given to Receive().
class RequestSink {
 public:
  virtual void OnRequest(Connection& connection, const RequestView& request) = 0;
  virtual void OnBody(Connection& connection, const BodyView& piece) = 0;
  virtual void OnRefusal(Connection& connection, const Refusal& refusal) = 0;
  /// Complete, and requests follow; or refused, and nothing does. Only where it was asked for.
  virtual void OnProxyHeader(Connection& connection, const ProxyHeader& header) = 0;

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

  // The input.

  /// Of a fresh connection: a header of PROXY protocol comes before its first request.
  void ExpectProxyHeader() { input_ = Input::kProxyHeader; }
  bool AwaitsProxyHeader() const { return input_ == Input::kProxyHeader; }
  /// Whether bytes are of use now. When not, they should stay in the kernel, so that the client is slowed down.
  bool WantsInput() const;
  /// The same, for who is about to read: where no further request is to be read for now, CanGoOn() tells when it is.
  bool TakesInput();
  /// Bytes that were received before and must come first in the next Receive().
  size_t CarriedSize() const { return carry_ ? carry_->size() : 0; }
  /// Copies them out, and forgets them. `to` has room for CarriedSize().
  void TakeCarry(uint8_t* to);
  /// `bytes` begins with what TakeCarry() gave. They are changed in place.
  void Receive(std::span<uint8_t> bytes, const RequestLimits& limits, RequestSink& sink);
  /// Only earlier answers were waited for: Receive() should be called again now, and bytes be read again.
  bool CanGoOn() const { return waiting_ && input_ == Input::kHead && out_.TakesMany(); }
  /// Nothing that the client sends from now on is read as a request.
  void EndInput();
  /// The same, while the client is still sending: NeedsLinger() before the connection is closed.
  void BreakInput();
  /// The newest request is the connection's last, as if it had said so itself.
  void TakeAsLast() {
    keep_alive_ = false;
    if (input_ == Input::kHead) input_ = Input::kEnded;
  }
  /// A further request, or a part of one, has come behind this one.
  bool HasBehind(uint32_t sequence) const {
    return sequence != out_.Newest() || (input_ == Input::kHead && CarriedSize() > 0);
  }
  /// What comes next is the head of a request.
  bool AwaitsHead() const { return input_ == Input::kHead; }
  bool InputEnded() const { return input_ == Input::kEnded; }
  /// A head has begun and is not complete. The empty line that may come before it (RFC 9112, 2.2) does not begin it.
  bool IsInHead() const {
    return input_ == Input::kHead && carry_ != nullptr && !waiting_ &&
           (progress_.part > HeadPart::kMethod || carry_->size() > progress_.line_start);
  }
  /// A body that somebody wants has begun and is not complete.
  bool IsInBody() const {
    return (input_ == Input::kLength || input_ == Input::kChunked) &&
           (reader_ == BodyReader::kFlowing || reader_ == BodyReader::kDiscarding);
  }
  bool HasBodyLeft() const { return input_ == Input::kLength || input_ == Input::kChunked; }
  /// Something is missing of this request's body.
  bool IsBodyOf(uint32_t sequence) const { return sequence == out_.Newest() && HasBodyLeft(); }
  /// Whether the body under way is complete with these bytes, which nobody has read yet. They are changed.
  bool BodyEndsIn(std::span<uint8_t> bytes, const RequestLimits& limits) const;
  BodyReader Reader() const { return reader_; }
  void SetReader(BodyReader reader) { reader_ = reader; }
  /// All of this answer is given but its end, which waits for that of the request's body.
  void SetAnswered(uint32_t sequence) { answered_ = sequence == out_.Newest(); }
  bool IsAnswered() const { return answered_; }
  /// The newest request asked to be told before its body: `Expect: 100-continue`, and it was not told yet.
  bool TakeExpectation() { return std::exchange(expects_continue_, false); }

  /// Ends the connection's use as HTTP: what was received behind the request that asked for it.
  std::vector<uint8_t> TakeRest();
  /// An upgrade is possible: its request is the only one in flight.
  bool CanUpgrade(uint32_t sequence) const {
    return input_ == Input::kUpgrade && out_.IsFirst(sequence) && out_.InFlight() == 1 && !out_.HasPending();
  }

  // The answers.

  Outbox& Out() { return out_; }
  const Outbox& Out() const { return out_; }
  /// As Outbox::Complete(): the input may end with it, and nobody reads the body of a request that is answered.
  void Complete(uint32_t sequence, bool last, ByteBuffer& run);
  /// The sequence of a refusal, as Outbox::Refuse(). The input ends.
  uint32_t BeginRefusal(bool in_body);
  /// The same where JavaScript is to say what the client is told: by the newest request's answer, which may have begun, or by one
  /// behind it.
  uint32_t OfferRefusal(bool in_place);
  /// All other answers are given.
  bool AwaitsRefusal() const { return is_offered_ && out_.InFlight() == 1; }
  /// The client may still be sending what nobody will read: closing at once would reset the connection, and could
  /// destroy the last answer on its way (RFC 9112, 9.6).
  bool NeedsLinger() const { return needs_linger_; }

 private:
  enum class Input : uint8_t {
    kProxyHeader,
    kHead,
    kLength,
    kChunked,
    /// A request that asks for another protocol is in flight: what follows belongs to that, or is the next request.
    kUpgrade,
    kEnded,
  };

  std::span<uint8_t> ReceiveProxyHeader(std::span<uint8_t> bytes, RequestSink& sink);
  std::span<uint8_t> ReceiveHead(std::span<uint8_t> bytes, const RequestLimits& limits, RequestSink& sink);
  std::span<uint8_t> ReceiveBody(std::span<uint8_t> bytes, const RequestLimits& limits, RequestSink& sink);
  struct BodyPiece {
    BodyView view;
    uint32_t consumed = 0;
    Fault fault = {};
  };
  BodyPiece DecodeBody(std::span<uint8_t> bytes, const RequestLimits& limits);
  void Keep(std::span<const uint8_t> bytes);

  std::unique_ptr<std::string> carry_;
  Outbox out_;
  /// Under kLength what is missing of the body, under kChunked what has come of it.
  uint64_t body_ = 0;
  ChunkedDecoder decoder_;
  HeadProgress progress_;
  Input input_ = Input::kHead;
  BodyReader reader_ = BodyReader::kNone;
  /// No further request is read for now.
  bool waiting_ = false;
  /// Of the newest request: see SetAnswered().
  bool answered_ = false;
  /// Of the newest request.
  bool keep_alive_ = true;
  bool expects_continue_ = false;
  bool needs_linger_ = false;
  bool is_offered_ = false;
};

}  // namespace picoev
