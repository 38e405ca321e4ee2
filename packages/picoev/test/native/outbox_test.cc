// The outbox by itself: what one answer does to the next ones, and random histories against a model.
#include "loop/outbox.h"

#include <string>

#include "check.h"
#include "http1/octets.h"
#include "outbox_model.h"
#include "random.h"

namespace picoev {
namespace {

std::string Bytes(size_t size) { return std::string(size, 'x'); }

void Keep(Outbox& out, const std::string& text) {
  ByteBuffer bytes;
  bytes.Append(text);
  out.Keep(bytes.Bytes());
}

TEST("an answer before its turn is told to wait, and to go on when its turn has come and the client takes it") {
  Outbox out;
  ByteBuffer run;
  out.Open();
  out.Open();
  CHECK_EQUAL(out.Accept(1, 100'000), 0u);
  CHECK(out.MustWait(1));
  CHECK(!out.TakeDrain());
  CHECK(!out.TakesRequest());
  Keep(out, Bytes(Outbox::kHighWater));
  out.Complete(0, false, run);
  CHECK(!out.TakeDrain());
  out.Sent(Outbox::kHighWater - Outbox::kLowWater);
  CHECK(out.TakeDrain());
  CHECK(!out.TakeDrain());
  CHECK_EQUAL(out.Accept(1, 1'000'000), Outbox::kMostAtOnce);
}

TEST("answers that are held do not keep the one before them waiting") {
  Outbox out;
  for (int i = 0; i < 8; ++i) out.Open();
  for (uint32_t sequence = 1; sequence < 8; ++sequence) out.Hold(sequence).Append(Bytes(15'000));
  Keep(out, Bytes(Outbox::kHighWater + 1));
  CHECK(out.MustWait(0));
  out.Sent(Outbox::kHighWater + 1);
  CHECK(out.TakeDrain());
  CHECK(!out.TakesRequest());
}

TEST("fewer requests are in hand at first, and behind a long answer; more when answers are short") {
  Outbox out;
  ByteBuffer run;
  const auto fill = [&] {
    while (out.TakesRequest()) out.Open();
    return out.InFlight();
  };
  CHECK_EQUAL(fill(), Outbox::kFirstInFlight);
  for (int i = 0; i < 8; ++i) out.Complete(out.First(), false, run);
  CHECK_EQUAL(fill(), Outbox::kMostInFlight);
  while (out.InFlight() > 1) out.Complete(out.First(), false, run);
  CHECK_EQUAL(out.Accept(out.First(), 100'000), 100'000u);
  out.Complete(out.First(), false, run);
  CHECK_EQUAL(fill(), Outbox::kFewInFlight);
}

TEST("an informational answer is no beginning, held or not") {
  Outbox out;
  ByteBuffer run;
  out.Open();
  out.Open();
  out.Hold(1).Append("HTTP/1.1 103 Early Hints\r\n\r\n");
  CHECK(!out.HasBegun(0));
  CHECK(!out.HasBegun(1));
  out.Complete(0, false, run);
  CHECK_EQUAL(run.Size(), 28u);
  CHECK(!out.HasBegun(1));
  out.Begin(1);
  CHECK(out.HasBegun(1));
}

TEST("a client that never takes all does not have all kept that it has taken") {
  Outbox out;
  out.Open();
  Keep(out, Bytes(1000));
  const uint8_t* const begin = out.Pending().data();
  for (int i = 0; i < 100'000; ++i) {
    out.Sent(900);
    Keep(out, Bytes(900));
  }
  CHECK_EQUAL(out.Pending().size(), 1000u);
  CHECK(out.Pending().data() >= begin && out.Pending().data() <= begin + 4000);
}

TEST("random apps, clients, stops, refusals and ends: what must arrive arrives, in order, and is bounded") {
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    test::Random random(seed);
    const auto choose = [&](uint32_t bound) { return random.Below(bound); };
    bool failed = false;
    const auto require = [&](bool holds, const char* what) {
      if (holds || failed) return;
      failed = true;
      test::Fail(__FILE__, __LINE__, std::string("seed ") + std::to_string(seed) + ": does not hold: " + what);
    };
    test::OutboxModel model(choose, require);
    for (int step = 0; step < 600 && !failed; ++step) model.Step();
    if (!failed) model.Finish();
  }
}

}  // namespace
}  // namespace picoev
