#include "napi/wire_object.h"

#include <cstddef>
#include <cstdint>

#include "http1/fault.h"
#include "http1/response.h"
#include "loop/loop.h"
#include "loop/wire.h"
#include "napi/loop_options.h"
#include "napi/values.h"

namespace picoev {
namespace {

// The names are switches without a default: the compiler refuses an enumerator that has none. Null ends them.

const char* NameOf(EventRow::Kind kind) {
  switch (kind) {
    case EventRow::kRequest:
      return "REQUEST";
    case EventRow::kBody:
      return "BODY";
    case EventRow::kBodyBroken:
      return "BODY_BROKEN";
    case EventRow::kDrain:
      return "DRAIN";
    case EventRow::kGone:
      return "GONE";
    case EventRow::kRefused:
      return "REFUSED";
    case EventRow::kConnected:
      return "CONNECTED";
    case EventRow::kClosed:
      return "CLOSED";
  }
  return nullptr;
}

const char* NameOf(EventRow::Flag flag) {
  switch (flag) {
    case EventRow::kHttp10:
      return "HTTP10";
    case EventRow::kLastRequest:
      return "LAST_REQUEST";
    case EventRow::kHead:
      return "HEAD";
    case EventRow::kBodyComplete:
      return "BODY_COMPLETE";
    case EventRow::kChunkedBody:
      return "CHUNKED_BODY";
    case EventRow::kExpectsContinue:
      return "EXPECTS_CONTINUE";
    case EventRow::kUpgrade:
      return "UPGRADE";
    case EventRow::kLost:
      return "LOST";
    case EventRow::kReset:
      return "RESET";
    case EventRow::kEnded:
      return "ENDED";
    case EventRow::kOffered:
      return "OFFERED";
    case EventRow::kOverdue:
      return "OVERDUE";
    case EventRow::kResumed:
      return "RESUMED";
  }
  return nullptr;
}

const char* NameOf(AnswerRow::Kind kind) {
  switch (kind) {
    case AnswerRow::kRespond:
      return "RESPOND";
    case AnswerRow::kBegin:
      return "BEGIN";
    case AnswerRow::kPiece:
      return "PIECE";
    case AnswerRow::kEnd:
      return "END";
    case AnswerRow::kRaw:
      return "RAW";
    case AnswerRow::kRawEnd:
      return "RAW_END";
    case AnswerRow::kInform:
      return "INFORM";
    case AnswerRow::kAnswered:
      return "ANSWERED";
  }
  return nullptr;
}

const char* NameOf(AnswerFlag flag) {
  switch (flag) {
    case kHttp10:
      return "HTTP10";
    case kClose:
      return "CLOSE";
    case kBodiless:
      return "BODILESS";
    case kHasDate:
      return "HAS_DATE";
    case kUnknownLength:
      return "UNKNOWN_LENGTH";
    case kNoLength:
      return "NO_LENGTH";
  }
  return nullptr;
}

const char* NameOf(FaultKind kind) {
  switch (kind) {
    case FaultKind::kRule:
      return "RULE";
    case FaultKind::kField:
      return "FIELD";
    case FaultKind::kMethod:
      return "METHOD";
    case FaultKind::kTarget:
      return "TARGET";
    case FaultKind::kVersion:
      return "VERSION";
    case FaultKind::kEnd:
      return "END";
    case FaultKind::kBareCr:
      return "BARE_CR";
    case FaultKind::kBareLf:
      return "BARE_LF";
    case FaultKind::kLength:
      return "LENGTH";
    case FaultKind::kLengths:
      return "LENGTHS";
    case FaultKind::kCoding:
      return "CODING";
    case FaultKind::kChunkSize:
      return "CHUNK_SIZE";
    case FaultKind::kExtensions:
      return "EXTENSIONS";
    case FaultKind::kTooLong:
      return "TOO_LONG";
  }
  return nullptr;
}

const char* NameOf(Multiplexer kind) {
  switch (kind) {
    case Multiplexer::kEpollEdge:
      return "epoll";
    case Multiplexer::kEpollLevel:
      return "epoll-lt";
    case Multiplexer::kPoll:
      return "poll";
    case Multiplexer::kSelect:
      return "select";
  }
  return nullptr;
}

const char* NameOf(TimerKind kind) {
  switch (kind) {
    case TimerKind::kWheel:
      return "wheel";
    case TimerKind::kHeap:
      return "heap";
  }
  return nullptr;
}

/// { NAME: number }, of enumerators that count from 1.
template <typename Enum>
napi_value Kinds(napi_env env) {
  napi_value kinds = Object(env, {});
  for (uint32_t number = 1; const char* name = NameOf(static_cast<Enum>(number)); ++number) {
    napi_set_named_property(env, kinds, name, Number(env, number));
  }
  return kinds;
}

/// { NAME: bit }
template <typename Enum>
napi_value Flags(napi_env env) {
  napi_value flags = Object(env, {});
  for (uint32_t bit = 1; const char* name = NameOf(static_cast<Enum>(bit)); bit <<= 1) {
    napi_set_named_property(env, flags, name, Number(env, bit));
  }
  return flags;
}

/// [name], of enumerators that count from 0.
template <typename Enum>
napi_value Names(napi_env env) {
  napi_value names = nullptr;
  napi_create_array(env, &names);
  for (uint32_t number = 0; const char* name = NameOf(static_cast<Enum>(number)); ++number) {
    napi_set_element(env, names, number, String(env, name));
  }
  return names;
}

napi_value Ranges(napi_env env) {
  napi_value ranges = Object(env, {});
  for (const auto& [name, least, most] : LoopOptionRanges()) {
    napi_set_named_property(
        env, ranges, name,
        Object(env, {{"min", Number(env, static_cast<double>(least))}, {"max", Number(env, static_cast<double>(most))}}));
  }
  return ranges;
}

}  // namespace

napi_value WireObject(napi_env env) {
  const auto word = [env](size_t offset) { return Number(env, static_cast<double>(offset / sizeof(uint32_t))); };
  napi_value event_words = Object(env, {{"KIND", word(offsetof(EventRow, kind))},
                                        {"FLAGS", word(offsetof(EventRow, flags))},
                                        {"FD", word(offsetof(EventRow, fd))},
                                        {"SERIAL", word(offsetof(EventRow, serial))},
                                        {"SEQUENCE", word(offsetof(EventRow, sequence))},
                                        {"HEAD_OFFSET", word(offsetof(EventRow, head_offset))},
                                        {"HEAD_SIZE", word(offsetof(EventRow, head_size))},
                                        {"METHOD_SIZE", word(offsetof(EventRow, method_size))},
                                        {"REASON", word(offsetof(EventRow, reason))},
                                        {"TARGET_SIZE", word(offsetof(EventRow, target_size))},
                                        {"BODY_OFFSET", word(offsetof(EventRow, body_offset))},
                                        {"BODY_SIZE", word(offsetof(EventRow, body_size))},
                                        {"LENGTH_LOW", word(offsetof(EventRow, length_low))},
                                        {"LENGTH_HIGH", word(offsetof(EventRow, length_high))},
                                        {"STATUS", word(offsetof(EventRow, length_low))},
                                        {"TRAILERS_SIZE", word(offsetof(EventRow, trailers_size))},
                                        {"SENT_LOW", word(offsetof(EventRow, sent_low))},
                                        {"SENT_HIGH", word(offsetof(EventRow, sent_high))},
                                        {"LISTENER", word(offsetof(EventRow, listener))}});
  napi_value answer_words = Object(env, {{"KIND", word(offsetof(AnswerRow, kind))},
                                         {"FLAGS", word(offsetof(AnswerRow, flags))},
                                         {"FD", word(offsetof(AnswerRow, fd))},
                                         {"SERIAL", word(offsetof(AnswerRow, serial))},
                                         {"SEQUENCE", word(offsetof(AnswerRow, sequence))},
                                         {"STATUS", word(offsetof(AnswerRow, status))},
                                         {"FIELDS_SIZE", word(offsetof(AnswerRow, fields_size))},
                                         {"BODY_SIZE", word(offsetof(AnswerRow, body_size))},
                                         {"LENGTH_LOW", word(offsetof(AnswerRow, length_low))},
                                         {"LENGTH_HIGH", word(offsetof(AnswerRow, length_high))},
                                         {"REASON_SIZE", word(offsetof(AnswerRow, reason_size))}});
  static_assert(sizeof(EventRow) == sizeof(AnswerRow) && HttpLoop::kEventRows == HttpLoop::kAnswerRows);
  return Object(env, {{"ROW_WORDS", word(sizeof(EventRow))},
                      {"ROWS", Number(env, HttpLoop::kEventRows)},
                      {"SLAB_BYTES", Number(env, HttpLoop::kSlabSize)},
                      {"EVENT", Kinds<EventRow::Kind>(env)},
                      {"EVENT_WORD", event_words},
                      {"EVENT_FLAG", Flags<EventRow::Flag>(env)},
                      {"FAULT", Kinds<FaultKind>(env)},
                      {"NO_REASON", Number(env, EventRow::kNoReason)},
                      {"ANSWER", Kinds<AnswerRow::Kind>(env)},
                      {"ANSWER_WORD", answer_words},
                      {"ANSWER_FLAG", Flags<AnswerFlag>(env)},
                      {"MULTIPLEXERS", Names<Multiplexer>(env)},
                      {"TIMERS", Names<TimerKind>(env)},
                      {"OPTION_RANGES", Ranges(env)}});
}

}  // namespace picoev
