// Any bytes as a connection, in random pieces, with answers in random order and in parts, as the loop would drive it.
// What the app is told must be what a plain reading of all the bytes finds; what goes out must be the answers, whole
// and in the order of their requests; and behind a refusal or a last answer there is nothing.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loop/connection.h"
#include "fuzz.h"
#include "http1/octets.h"

namespace picoev::fuzz {
namespace {

/// Of splits and answers, tried with each input.
constexpr int kHistories = 6;

constexpr std::string_view kProxyHeader = "PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\r\n";

struct Request {
  std::string head;
  std::string body;
  std::string trailers;
  bool complete = false;
};

struct Reading {
  std::vector<Request> requests;
  /// 0 for none.
  uint32_t refusal = 0;
  bool refused_in_body = false;
};

std::string TextOf(std::span<const uint8_t> bytes) { return std::string(AsText(bytes)); }

/// Reads a body behind `head`; returns what follows it.
std::span<uint8_t> ReadBody(const Head& head, std::span<uint8_t> bytes, const RequestLimits& limits, Reading& reading) {
  Request& request = reading.requests.back();
  if (head.framing == BodyFraming::kLength) {
    const auto size = static_cast<size_t>(std::min<uint64_t>(bytes.size(), head.content_length));
    request.body = TextOf(bytes.first(size));
    request.complete = size == head.content_length;
    return bytes.subspan(size);
  }
  ChunkedDecoder decoder(head.field_count);
  const ChunkedDecoder::Outcome outcome = decoder.Decode(bytes, limits.head);
  request.body = TextOf(bytes.first(outcome.produced));
  request.trailers = TextOf(bytes.subspan(outcome.produced, outcome.trailers));
  request.complete = outcome.kind == ChunkedDecoder::Outcome::Kind::kEnd;
  const bool too_long = limits.body != 0 && outcome.produced > limits.body;
  if (outcome.kind == ChunkedDecoder::Outcome::Kind::kBad || too_long) {
    request.complete = false;
    reading.refusal = 400;
    reading.refused_in_body = true;
  }
  return bytes.subspan(outcome.consumed);
}

/// The reference: one request after the other, all bytes at once.
Reading ReadPlainly(std::vector<uint8_t> all, const RequestLimits& limits) {
  Reading reading;
  static std::vector<Field> fields(kMaxFields);
  std::span<uint8_t> bytes = all;
  bool persists = true;
  while (persists && !bytes.empty() && reading.refusal == 0) {
    HeadProgress progress;
    Head head;
    const HeadOutcome outcome = ParseHead(bytes, limits.head, progress, head, fields);
    if (outcome.kind == HeadOutcome::Kind::kPartial) break;
    if (outcome.kind == HeadOutcome::Kind::kRefused) {
      reading.refusal = outcome.fault.status;
    } else if (head.framing == BodyFraming::kLength && limits.body != 0 && head.content_length > limits.body) {
      reading.refusal = 413;
    } else {
      reading.requests.push_back({TextOf(bytes.first(head.size)), "", "", head.framing == BodyFraming::kNone});
      bytes = bytes.subspan(head.size);
      if (head.framing != BodyFraming::kNone) bytes = ReadBody(head, bytes, limits, reading);
      persists = head.keep_alive && reading.requests.back().complete;
    }
  }
  return reading;
}

/// The app and the loop in one: feeds, reads bodies, answers, and keeps account of both.
class Driver final : public RequestSink {
 public:
  /// `input` begins with a header of PROXY protocol where it is `proxied`.
  Driver(std::span<const uint8_t> input, const RequestLimits& limits, bool proxied, test::Random& random)
      : input_(input), limits_(limits), random_(random), awaits_header_(proxied) {
    if (proxied) connection_.ExpectProxyHeader();
  }

  void Run() {
    for (int step = 0; step < 4000 && !done_; ++step) {
      if (!Step(random_.Below(4))) Unblock();
    }
    Require(OutputIsInOrder(), "answers go out whole and in the order of their requests");
  }

  /// Compares what the app was told with the plain reading. A body may have been thrown away, and a connection ended
  /// early.
  void RequireAgrees(const Reading& plain) const {
    Require(told_.requests.size() <= plain.requests.size(), "no request is made up");
    for (size_t i = 0; i < told_.requests.size(); ++i) {
      const Request& told = told_.requests[i];
      const Request& real = plain.requests[i];
      Require(told.head == real.head, "heads are what was sent");
      Require(real.body.starts_with(told.body), "bodies are what was sent");
      Require(real.trailers.starts_with(told.trailers), "trailers are what was sent");
      if (!told.complete) continue;
      Require(real.complete && told.body == real.body, "a complete body is whole");
      Require(told.trailers == real.trailers, "trailers are all there when the body is complete");
    }
    if (ended_early_) return;
    if (!plain.refused_in_body) Require(told_.refusal == plain.refusal, "a refusal is the same");
    if (plain.refused_in_body) Require(told_.refusal != 0, "a bad body is refused");
    // When its bad body came together with its head, a request is not told at all.
    const size_t least = plain.requests.size() - (plain.refused_in_body ? 1 : 0);
    Require(told_.requests.size() >= least, "no request is lost");
  }

  void OnProxyHeader(Connection&, const ProxyHeader& header) override {
    Require(std::exchange(awaits_header_, false), "a header is told once, and where one is expected");
    Require(header.kind == ProxyHeader::Kind::kComplete && header.size == kProxyHeader.size(), "it is the one that was sent");
  }

  void OnRequest(Connection& connection, const RequestView& request) override {
    Require(!awaits_header_, "no request comes before the header");
    Require(told_.refusal == 0, "nothing is told behind a refusal");
    Require(request.sequence == told_.requests.size(), "requests are counted");
    Require(&connection == &connection_ && connection_.Out().InFlight() <= Outbox::kMostInFlight, "the queue is bounded");
    told_.requests.push_back(
        {TextOf(request.bytes), TextOf(request.body), TextOf(request.trailers), request.body_complete});
    answers_.emplace_back();
  }

  void OnBody(Connection& connection, const BodyView& piece) override {
    Require(told_.refusal == 0 && connection.Out().Newest() + 1 == told_.requests.size(),
            "a body belongs to the newest request");
    Request& request = told_.requests.back();
    Require(!request.complete, "a body ends once");
    request.body += TextOf(piece.bytes);
    request.trailers += TextOf(piece.trailers);
    request.complete = piece.last;
  }

  void OnRefusal(Connection& connection, const Refusal& refusal) override {
    const auto& [fault, in_body, request, bytes, parsed] = refusal;
    (void)request;
    Require(parsed <= bytes.size(), "no more was found right than has come");
    Require(told_.refusal == 0 && fault.status >= 400 && fault.reason != nullptr, "one refusal, with its reason");
    told_.refusal = fault.status;
    const bool is_broken = in_body && connection.Out().Awaits(connection.Out().Newest());
    if (random_.Below(2) == 0) {
      if (connection.OfferRefusal(is_broken) == answers_.size()) answers_.emplace_back();
      return;
    }
    if (in_body && !is_broken) {
      connection.BreakInput();
      return;
    }
    const bool has_begun = in_body && connection.Out().HasBegun(connection.Out().Newest());
    const uint32_t sequence = connection.BeginRefusal(in_body);
    if (sequence == answers_.size()) answers_.emplace_back();
    if (!connection.Out().IsFirst(sequence)) answers_[sequence].text.clear();
    if (!has_begun) Append(sequence, "refused;");
    Complete(sequence, true);
  }

 private:
  struct Answer {
    std::string text;
    bool complete = false;
    bool last = false;
  };

  /// False when this kind of step is not possible now.
  bool Step(uint32_t kind) {
    switch (kind) {
      case 0:
        return Feed();
      case 1:
        return GoOn();
      case 2:
        return AnswerOne();
      default:
        return SteerBody();
    }
  }

  /// When nothing else goes on: all of the input is taken and each request answered in the end.
  void Unblock() {
    if (Feed() || GoOn() || AnswerOne()) return;
    if (connection_.HasBodyLeft() && connection_.Reader() != Connection::BodyReader::kDiscarding &&
        fed_ < input_.size()) {
      connection_.SetReader(Connection::BodyReader::kFlowing);
      return;
    }
    done_ = true;
  }

  bool Feed() {
    if (!connection_.WantsInput() || fed_ == input_.size()) return false;
    const size_t size = std::min<size_t>(input_.size() - fed_, 1 + random_.Below(random_.Below(3) == 0 ? 4000 : 40));
    Receive(input_.subspan(fed_, size));
    fed_ += size;
    return true;
  }

  bool GoOn() {
    if (!connection_.CanGoOn()) return false;
    Receive({});
    return true;
  }

  void Receive(std::span<const uint8_t> piece) {
    const size_t carried = connection_.CarriedSize();
    std::vector<uint8_t> bytes(carried + piece.size());
    connection_.TakeCarry(bytes.data());
    std::copy(piece.begin(), piece.end(), bytes.begin() + static_cast<ptrdiff_t>(carried));
    const bool ended = connection_.InputEnded();
    const size_t requests = told_.requests.size();
    connection_.Receive(bytes, limits_, *this);
    if (ended) Require(told_.requests.size() == requests, "an ended input brings no request");
  }

  bool SteerBody() {
    if (!connection_.HasBodyLeft() || connection_.Reader() == Connection::BodyReader::kDiscarding) return false;
    const uint32_t newest = connection_.Out().Newest();
    if (connection_.TakeExpectation() && !connection_.Out().HasBegun(newest)) {
      answers_[newest].text += "continue;";
      (connection_.Out().IsFirst(newest) ? out_ : connection_.Out().Hold(newest)).Append("continue;");
    }
    const bool flows = random_.Below(3) != 0;
    connection_.SetReader(flows ? Connection::BodyReader::kFlowing : Connection::BodyReader::kPaused);
    return true;
  }

  /// A part of an answer, or the end of it.
  bool AnswerOne() {
    const uint32_t open = connection_.Out().InFlight();
    if (open == 0) return false;
    uint32_t sequence = connection_.Out().First() + random_.Below(open);
    if (!connection_.Out().Awaits(sequence)) sequence = connection_.Out().First();
    if (!connection_.Out().Awaits(sequence)) return false;
    if (connection_.CanUpgrade(sequence) && random_.Below(2) == 0) {
      const std::vector<uint8_t> rest = connection_.TakeRest();
      Require(rest.size() <= fed_ &&
                  std::equal(rest.begin(), rest.end(), input_.begin() + static_cast<ptrdiff_t>(fed_ - rest.size())),
              "an upgrade gets the bytes behind its request");
      ended_early_ = done_ = true;
      return true;
    }
    connection_.Out().Begin(sequence);
    Append(sequence, std::to_string(sequence) + ";");
    if (random_.Below(3) == 0) return true;
    const bool is_refusal = told_.refusal != 0 && sequence == connection_.Out().Newest();
    if (!is_refusal && !told_.requests[sequence].complete) ended_early_ = true;
    Complete(sequence, is_refusal || random_.Below(30) == 0);
    return true;
  }

  void Append(uint32_t sequence, const std::string& text) {
    answers_[sequence].text += text;
    if (!connection_.Out().IsFirst(sequence)) {
      connection_.Out().Hold(sequence).Append(text);
      return;
    }
    out_.Append(text);
  }

  void Complete(uint32_t sequence, bool last) {
    answers_[sequence].complete = true;
    answers_[sequence].last = last;
    ended_early_ |= last && told_.refusal == 0;
    connection_.Complete(sequence, last, out_);
    if (connection_.Out().IsFinished()) done_ = true;
  }

  /// All answers up to the first one that is not complete, with what there is of that, and nothing behind the last one.
  bool OutputIsInOrder() const {
    std::string expected;
    for (const Answer& answer : answers_) {
      expected += answer.text;
      if (!answer.complete || answer.last) break;
    }
    return AsText(out_.Bytes()) == expected;
  }

  const std::span<const uint8_t> input_;
  const RequestLimits limits_;
  test::Random& random_;
  Connection connection_;
  size_t fed_ = 0;
  Reading told_;
  std::vector<Answer> answers_;
  ByteBuffer out_;
  bool done_ = false;
  bool awaits_header_;
  /// By a last answer, an upgrade, or an answer before its body: what follows need not be read.
  bool ended_early_ = false;
};

void Try(std::span<const uint8_t> bytes) {
  test::Random random = RandomOf(bytes);
  const RequestLimits limits{.head = LimitsOf(random), .body = random.Below(3) == 0 ? 1 + random.Below(40) : 0};
  const Reading plain = ReadPlainly({bytes.begin(), bytes.end()}, limits);
  std::vector<uint8_t> proxied(kProxyHeader.begin(), kProxyHeader.end());
  proxied.insert(proxied.end(), bytes.begin(), bytes.end());
  for (int history = 0; history < kHistories; ++history) {
    const bool is_proxied = history % 3 == 2;
    Driver driver(is_proxied ? proxied : bytes, limits, is_proxied, random);
    driver.Run();
    driver.RequireAgrees(plain);
  }
}

}  // namespace
}  // namespace picoev::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  picoev::fuzz::Try({data, size});
  return 0;
}
