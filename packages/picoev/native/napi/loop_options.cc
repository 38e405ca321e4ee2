#include "napi/loop_options.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "http1/http1_parser.h"

namespace picoev {
namespace {

/// A C `int`, and what Node's timers can count to.
constexpr uint64_t kIntMax = INT32_MAX;
/// The largest integer that is exact as JavaScript's number.
constexpr uint64_t kExactMax = (uint64_t{1} << 53) - 1;

constexpr std::array<OptionRange, 14> kRanges{{
    {"multiplexer", 0, static_cast<uint64_t>(Multiplexer::kSelect)},
    {"timers", 0, static_cast<uint64_t>(TimerKind::kHeap)},
    {"lowerCaseNames", 0, 1},
    {"connections", 1, kIntMax},
    {"requestLine", 0, kMaxHead},
    {"fields", 0, kMaxFields},
    {"fieldSize", 0, kMaxHead},
    {"body", 0, kExactMax},
    {"headTimeout", 0, kIntMax},
    {"bodyTimeout", 0, kIntMax},
    {"keepAliveTimeout", 0, kIntMax},
    {"writeTimeout", 0, kIntMax},
    {"answerTimeout", 0, kIntMax},
    {"exchangeTimeout", 0, kIntMax},
}};

}  // namespace

std::span<const OptionRange> LoopOptionRanges() { return kRanges; }

std::optional<LoopOptions> ReadLoopOptions(napi_env env, napi_value object) {
  bool all_fit = true;
  const auto read = [&](std::string_view name) -> uint64_t {
    const auto range = std::ranges::find(kRanges, name, &OptionRange::name);
    napi_value value = nullptr;
    double number = -1;
    napi_get_named_property(env, object, range->name, &value);
    const bool is_number = napi_get_value_double(env, value, &number) == napi_ok;
    // A number out of the integer's range must not be cast; NaN compares as false.
    if (is_number && number >= static_cast<double>(range->least) && number <= static_cast<double>(range->most)) {
      return static_cast<uint64_t>(number);
    }
    all_fit = false;
    return 0;
  };
  const auto word = [&](std::string_view name) { return static_cast<uint32_t>(read(name)); };
  const LoopOptions options{
      .multiplexer = static_cast<Multiplexer>(read("multiplexer")),
      .timers = static_cast<TimerKind>(read("timers")),
      .limits = {.head = {.line = word("requestLine"), .fields = word("fields"), .field_size = word("fieldSize")},
                 .body = read("body")},
      .timeouts = {.head = read("headTimeout"),
                   .body = read("bodyTimeout"),
                   .keep_alive = read("keepAliveTimeout"),
                   .write = read("writeTimeout"),
                   .answer = read("answerTimeout"),
                   .exchange = read("exchangeTimeout")},
      .max_connections = word("connections"),
      .lower_case_names = read("lowerCaseNames") != 0,
  };
  if (!all_fit) return std::nullopt;
  return options;
}

}  // namespace picoev
