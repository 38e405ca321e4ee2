// Any bytes as the choices of apps, a client and the kernel around one outbox: outbox_model.h says what must hold.
#include "outbox_model.h"

#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::span<const uint8_t> choices(data, size);
  // Two bytes a choice; nothing is chosen for ever when they are used up.
  const auto choose = [&choices](uint32_t bound) {
    if (choices.size() < 2) return uint32_t{0};
    const uint32_t number = uint32_t{choices[0]} << 8 | choices[1];
    choices = choices.subspan(2);
    return bound > 0x10000 ? number * (bound / 0x10000) : number % bound;
  };
  picoev::test::OutboxModel model(choose, picoev::fuzz::Require);
  while (choices.size() >= 2) model.Step();
  model.Finish();
  return 0;
}
