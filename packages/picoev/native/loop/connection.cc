#include "loop/connection.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace picoev {
namespace {

constexpr Fault kTooLong{413, FaultKind::kRule, "the body is longer than limitRequestBody"};

/// The fields of the head that is being parsed: in use only within one call of Receive().
thread_local std::array<Field, kMaxFields> fields_of_head;

}  // namespace

bool Connection::WantsInput() const {
  switch (input_) {
    case Input::kProxyHeader:
      return true;
    case Input::kHead:
      return !waiting_ && out_.TakesRequest();
    case Input::kLength:
    case Input::kChunked:
      return reader_ == BodyReader::kFlowing || reader_ == BodyReader::kDiscarding;
    case Input::kUpgrade:
      return false;
    case Input::kEnded:
      // To be thrown away, so that the client's kernel does not answer the end of the connection with a reset.
      return true;
  }
  return true;
}

bool Connection::TakesInput() {
  const bool wants = WantsInput();
  if (!wants && !HasBodyLeft()) waiting_ = true;
  return wants;
}

void Connection::TakeCarry(uint8_t* to) {
  if (!carry_) return;
  memcpy(to, carry_->data(), carry_->size());
  carry_.reset();
}

void Connection::Keep(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return;
  carry_ = std::make_unique<std::string>(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void Connection::EndInput() {
  input_ = Input::kEnded;
  waiting_ = false;
  carry_.reset();
}

void Connection::BreakInput() {
  needs_linger_ = true;
  EndInput();
}

std::vector<uint8_t> Connection::TakeRest() {
  std::vector<uint8_t> rest(CarriedSize());
  TakeCarry(rest.data());
  input_ = Input::kEnded;
  return rest;
}

void Connection::Receive(std::span<uint8_t> bytes, const RequestLimits& limits, RequestSink& sink) {
  waiting_ = false;
  while (!bytes.empty()) {
    switch (input_) {
      case Input::kProxyHeader: {
        const auto rest = ReceiveProxyHeader(bytes, sink);
        if (AwaitsProxyHeader()) {
          Keep(bytes);
          return;
        }
        bytes = rest;
        break;
      }
      case Input::kHead: {
        if (!out_.TakesRequest()) {
          waiting_ = true;
          Keep(bytes);
          return;
        }
        const auto rest = ReceiveHead(bytes, limits, sink);
        if (rest.size() == bytes.size()) {
          Keep(bytes);
          return;
        }
        bytes = rest;
        break;
      }
      case Input::kLength:
      case Input::kChunked:
        bytes = ReceiveBody(bytes, limits, sink);
        break;
      case Input::kUpgrade:
        waiting_ = true;
        Keep(bytes);
        return;
      case Input::kEnded:
        return;
    }
  }
}

/// Returns what follows it. A sink that closes the connection leaves a fresh one behind.
std::span<uint8_t> Connection::ReceiveProxyHeader(std::span<uint8_t> bytes, RequestSink& sink) {
  const ProxyHeader header = ParseProxyHeader(bytes);
  if (header.kind == ProxyHeader::Kind::kPartial) return bytes;
  const bool is_good = header.kind == ProxyHeader::Kind::kComplete;
  input_ = is_good ? Input::kHead : Input::kEnded;
  sink.OnProxyHeader(*this, header);
  return is_good ? bytes.subspan(header.size) : std::span<uint8_t>();
}

/// Returns what follows the request, or all of the bytes when its head is not complete.
std::span<uint8_t> Connection::ReceiveHead(std::span<uint8_t> bytes, const RequestLimits& limits, RequestSink& sink) {
  Head head;
  const HeadOutcome outcome = ParseHead(bytes, limits.head, progress_, head, fields_of_head);
  if (outcome.kind == HeadOutcome::Kind::kPartial) return bytes;
  const HeadProgress progress = std::exchange(progress_, {});
  if (outcome.kind == HeadOutcome::Kind::kRefused) {
    sink.OnRefusal(*this,
                   {.fault = outcome.fault, .bytes = bytes, .parsed = progress.part_start});
    return {};
  }
  std::span<uint8_t> rest = bytes.subspan(head.size);
  RequestView request{.head = head,
                      .bytes = bytes.first(head.size),
                      .fields = std::span<const Field>(fields_of_head).first(head.field_count),
                      .body = {},
                      .trailers = {},
                      .body_complete = true,
                      .sequence = out_.Newest() + 1};
  BodyPiece body{.view = {.bytes = {}, .trailers = {}, .last = true}};
  if (head.framing == BodyFraming::kLength && limits.body != 0 && head.content_length > limits.body) {
    body.fault = kTooLong;
  }
  reader_ = BodyReader::kNone;
  answered_ = false;
  expects_continue_ = head.expects_continue && head.framing != BodyFraming::kNone;
  if (head.framing != BodyFraming::kNone && body.fault.reason == nullptr) {
    const bool chunked = head.framing == BodyFraming::kChunked;
    input_ = chunked ? Input::kChunked : Input::kLength;
    body_ = chunked ? 0 : head.content_length;
    decoder_ = ChunkedDecoder(head.field_count);
    body = DecodeBody(rest, limits);
  }
  if (body.fault.reason != nullptr) {
    sink.OnRefusal(*this, {.fault = body.fault, .request = &request});
    return {};
  }
  if (body.view.last) {
    const bool upgrades = head.upgrade && head.framing == BodyFraming::kNone;
    input_ = !head.keep_alive ? Input::kEnded : upgrades ? Input::kUpgrade : Input::kHead;
  }
  request.body = body.view.bytes;
  request.trailers = body.view.trailers;
  request.body_complete = body.view.last;
  out_.Open();
  keep_alive_ = head.keep_alive;
  sink.OnRequest(*this, request);
  return rest.subspan(body.consumed);
}

std::span<uint8_t> Connection::ReceiveBody(std::span<uint8_t> bytes, const RequestLimits& limits, RequestSink& sink) {
  const BodyPiece piece = DecodeBody(bytes, limits);
  if (piece.fault.reason != nullptr) {
    sink.OnRefusal(*this, {.fault = piece.fault, .in_body = true});
    return {};
  }
  const BodyView& view = piece.view;
  if (view.last) input_ = keep_alive_ ? Input::kHead : Input::kEnded;
  if (reader_ != BodyReader::kDiscarding && (view.last || !view.bytes.empty() || !view.trailers.empty())) {
    sink.OnBody(*this, view);
  }
  return bytes.subspan(piece.consumed);
}

Connection::BodyPiece Connection::DecodeBody(std::span<uint8_t> bytes, const RequestLimits& limits) {
  if (input_ == Input::kLength) {
    const auto size = static_cast<uint32_t>(std::min<uint64_t>(bytes.size(), body_));
    body_ -= size;
    return {.view = {.bytes = bytes.first(size), .trailers = {}, .last = body_ == 0}, .consumed = size};
  }
  if (bytes.empty()) return {.view = {.bytes = {}, .trailers = {}, .last = false}};
  const ChunkedDecoder::Outcome outcome = decoder_.Decode(bytes, limits.head);
  const auto refused = [](const Fault& fault) {
    return BodyPiece{.view = {.bytes = {}, .trailers = {}, .last = false}, .fault = fault};
  };
  if (outcome.kind == ChunkedDecoder::Outcome::Kind::kBad) return refused(outcome.fault);
  body_ += outcome.produced;
  if (limits.body != 0 && body_ > limits.body) return refused(kTooLong);
  return {.view = {.bytes = bytes.first(outcome.produced),
                   .trailers = bytes.subspan(outcome.produced, outcome.trailers),
                   .last = outcome.kind == ChunkedDecoder::Outcome::Kind::kEnd},
          .consumed = outcome.consumed};
}

bool Connection::BodyEndsIn(std::span<uint8_t> bytes, const RequestLimits& limits) const {
  if (input_ == Input::kLength) return bytes.size() >= body_;
  ChunkedDecoder decoder = decoder_;
  return decoder.Decode(bytes, limits.head).kind == ChunkedDecoder::Outcome::Kind::kEnd;
}

void Connection::Complete(uint32_t sequence, bool last, ByteBuffer& run) {
  if (sequence == out_.Newest() && HasBodyLeft()) reader_ = BodyReader::kDiscarding;
  out_.Complete(sequence, last, run);
  if (out_.IsFinished()) {
    // A client that has not said that it is done may have its next request on the way.
    needs_linger_ = needs_linger_ || input_ != Input::kEnded;
    EndInput();
  } else if (input_ == Input::kUpgrade && out_.InFlight() == 0) {
    input_ = Input::kHead;
  }
}

uint32_t Connection::BeginRefusal(bool in_body) {
  BreakInput();
  return out_.Refuse(in_body);
}

uint32_t Connection::OfferRefusal(bool in_place) {
  BreakInput();
  is_offered_ = true;
  return in_place ? out_.Newest() : out_.Open();
}

}  // namespace picoev
