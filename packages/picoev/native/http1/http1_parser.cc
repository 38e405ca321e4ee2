// One pass from part to part: method, target, version, then name and value of each field. A head that comes in pieces
// is resumed in the middle of a part; when it is complete its table of offsets is made by one more pass over all of it.
// So each byte is looked at twice at most, however it came.
#include "http1/http1_parser.h"

#include <algorithm>
#include <array>
#include <limits>

#include "http1/authority.h"
#include "http1/head_facts.h"
#include "http1/octet_scan.h"
#include "http1/octets.h"

namespace picoev {
namespace {

/// Before a request.
constexpr uint32_t kEmptyLines = 10;

constexpr std::string_view kVersionShape = "HTTP/d.d\r\n";

/// Those that the web's Request would write in upper case by itself, so that an app took the one for the other.
constexpr std::array<std::string_view, 6> kNormalized = {"delete", "get", "head", "options", "post", "put"};

bool IsMisspelt(std::string_view method) {
  if (std::all_of(method.begin(), method.end(), [](char octet) { return octet < 'a' || octet > 'z'; })) return false;
  return std::any_of(kNormalized.begin(), kNormalized.end(),
                     [method](std::string_view known) { return EqualsIgnoringCase(method, known); });
}

class HeadParser {
 public:
  HeadParser(std::span<const uint8_t> bytes, const HeadLimits& limits, HeadProgress progress, Head& head,
             std::span<Field> fields)
      : bytes_(bytes.data()),
        end_(static_cast<uint32_t>(std::min<size_t>(bytes.size(), limits.head))),
        max_line_(limits.line == 0 ? limits.head : limits.line),
        max_field_(limits.MostFieldSize()),
        max_head_(limits.head),
        limits_(limits),
        max_fields_(std::min(limits.MostFields(), static_cast<uint32_t>(std::min<size_t>(fields.size(), kMaxFields)))),
        progress_(progress),
        head_(head),
        fields_(fields) {}

  HeadOutcome Run() {
    while (Step()) {
    }
    return outcome_;
  }
  const HeadProgress& Progress() const { return progress_; }

 private:
  using Kind = HeadOutcome::Kind;

  /// Each of the steps below reads one part. False ends the pass; the outcome is then set.
  bool Step() {
    switch (progress_.part) {
      case HeadPart::kStart:
        return ReadStart();
      case HeadPart::kMethod:
        return ReadMethod();
      case HeadPart::kTarget:
        return ReadTarget();
      case HeadPart::kVersion:
        return ReadVersion();
      case HeadPart::kFieldStart:
        return ReadFieldStart();
      case HeadPart::kName:
        return ReadName();
      case HeadPart::kValue:
        return ReadValue();
    }
    return false;
  }

  /// RFC 9112, 2.2: at least one empty line is to be ignored.
  bool ReadStart() {
    const uint32_t at = progress_.line_start;
    if (at == end_) return RunOut(at);
    if (bytes_[at] != '\r' || at == kEmptyLines * 2) return BeginLine(HeadPart::kMethod, at);
    if (at + 1 == end_) return RunOut(at);
    if (bytes_[at + 1] != '\n') return Refuse({400, FaultKind::kEnd, "a bare CR before the request line (RFC 9112, 2.2)"});
    return BeginLine(HeadPart::kStart, at + 2);
  }

  bool ReadMethod() {
    const uint32_t stop = Stop(max_line_);
    const uint32_t at = Skip(kScanToken, stop);
    if (at == stop) {
      return RunOutOfLine(at, max_line_, {501, FaultKind::kMethod, "a method longer than any that is implemented (RFC 9112, 3)"});
    }
    if (bytes_[at] != ' ' || at == progress_.part_start) {
      return Refuse({400, FaultKind::kMethod, "the method is not a token and a space (RFC 9112, 3.1)"});
    }
    return Begin(HeadPart::kTarget, at + 1);
  }

  bool ReadTarget() {
    const uint32_t stop = Stop(max_line_);
    const uint32_t at = Skip(kScanTarget, stop);
    if (at == stop) return RunOutOfLine(at, max_line_, kLongLine);
    if (bytes_[at] != ' ' || at == progress_.part_start) {
      return Refuse({400, FaultKind::kTarget, "an octet that no request target has, or no version behind it (RFC 9112, 3)"});
    }
    return Begin(HeadPart::kVersion, at + 1);
  }

  /// So short that it is looked at from its begin each time.
  bool ReadVersion() {
    uint32_t at = progress_.part_start;
    for (const char expected : kVersionShape) {
      if (expected != '\n' && at - progress_.line_start > max_line_) return Refuse(kLongLine);
      if (at == end_) return RunOut(at);
      const uint8_t octet = bytes_[at++];
      if (expected == 'd' ? !Is(octet, kDigit) : octet != static_cast<uint8_t>(expected)) {
        return Refuse({400, FaultKind::kVersion, "the request line does not end with a version and CRLF (RFC 9112, 2.3 and 3)"});
      }
    }
    return TakeRequestLine() && BeginLine(HeadPart::kFieldStart, at);
  }

  bool TakeRequestLine() {
    const uint32_t version = progress_.part_start;
    if (bytes_[version + 5] != '1') return Refuse({505, FaultKind::kVersion, "a major version other than 1 (RFC 9110, 15.6.6)"});
    const uint32_t start = progress_.line_start;
    const auto method_end = static_cast<uint32_t>(std::find(bytes_ + start, bytes_ + version, ' ') - bytes_);
    head_ = Head{};
    head_.method = {start, method_end - start};
    head_.target = {method_end + 1, version - 1 - (method_end + 1)};
    head_.minor_version = bytes_[version + 7] == '0' ? 0 : 1;
    if (IsMisspelt(Text(head_.method))) {
      return Refuse({400, FaultKind::kMethod, "a method that differs from a known one by the case alone (RFC 9110, 9.1)"});
    }
    const std::string_view target = Text(head_.target);
    const TargetForm form = CheckTarget(Text(head_.method), target);
    if (form.refusal != nullptr) return Refuse({400, FaultKind::kTarget, form.refusal});
    if (form.authority.has_value()) {
      target_has_authority_ = true;
      head_.host = {head_.target.offset + static_cast<uint32_t>(form.authority->data() - target.data()),
                    static_cast<uint32_t>(form.authority->size())};
    }
    return true;
  }

  bool ReadFieldStart() {
    const uint32_t at = progress_.line_start;
    if (at == end_) return RunOut(at);
    if (bytes_[at] == '\r') {
      if (at + 1 == end_) return RunOut(at);
      if (bytes_[at + 1] != '\n') return Refuse({400, FaultKind::kEnd, "a bare CR in the head (RFC 9112, 2.2)"});
      return Complete(at + 2);
    }
    if (bytes_[at] == ' ' || bytes_[at] == '\t') return Refuse({400, FaultKind::kField, "a folded line (RFC 9112, 5.2)"});
    if (!Is(bytes_[at], kToken)) return Refuse({400, FaultKind::kField, "a field without a name (RFC 9112, 5.1)"});
    if (progress_.fields == max_fields_) return Refuse({431, FaultKind::kTooLong, "more header fields than allowed (RFC 6585, 5)"});
    return Begin(HeadPart::kName, at);
  }

  bool ReadName() {
    const uint32_t stop = Stop(max_field_);
    const uint32_t at = Skip(kScanToken, stop);
    if (at == stop) return RunOutOfLine(at, max_field_, kLongField);
    if (bytes_[at] != ':') return Refuse({400, FaultKind::kField, "a field's name does not end with its colon (RFC 9112, 5.1)"});
    return Begin(HeadPart::kValue, at + 1);
  }

  bool ReadValue() {
    const uint32_t stop = Stop(max_field_);
    const uint32_t at = Skip(kScanFieldValue, stop);
    if (at == stop) return RunOutOfLine(at, max_field_, kLongField);
    if (bytes_[at] == '\n') return Refuse({400, FaultKind::kBareLf, "a bare LF in a field (RFC 9112, 2.2)"});
    if (bytes_[at] != '\r') return Refuse({400, FaultKind::kField, "a control character in a field (RFC 9110, 5.5)"});
    if (at + 1 == end_) return RunOut(at);
    if (bytes_[at + 1] != '\n') return Refuse({400, FaultKind::kBareCr, "a bare CR in a field (RFC 9112, 2.2)"});
    return TakeField(at) && BeginLine(HeadPart::kFieldStart, at + 2);
  }

  bool TakeField(uint32_t line_end) {
    const Piece name{progress_.line_start, progress_.part_start - 1 - progress_.line_start};
    uint32_t begin = progress_.part_start;
    while (begin < line_end && IsWhitespace(bytes_[begin])) ++begin;
    while (line_end > begin && IsWhitespace(bytes_[line_end - 1])) --line_end;
    const Piece value{begin, line_end - begin};
    fields_[progress_.fields++] = {name, value};
    const Fault fault = facts_.Add(Text(name), Text(value), value);
    return fault.reason == nullptr || Refuse(fault);
  }

  bool Complete(uint32_t size) {
    outcome_ = facts_.Conclude(target_has_authority_, limits_, head_);
    head_.upgrade = head_.upgrade || Text(head_.method) == "CONNECT";
    head_.size = size;
    head_.field_count = progress_.fields;
    return false;
  }

  static constexpr Fault kLongLine{414, FaultKind::kTooLong, "the request line is longer than allowed (RFC 9112, 3)"};
  static constexpr Fault kLongField{431, FaultKind::kTooLong, "a header field is longer than allowed (RFC 6585, 5)"};

  static bool IsWhitespace(uint8_t octet) { return octet == ' ' || octet == '\t'; }
  std::string_view Text(Piece piece) const { return AsText({bytes_ + piece.offset, piece.size}); }

  /// Up to where a line of at most `max_size` bytes may be read: one byte further, where its CR must be.
  uint32_t Stop(uint32_t max_size) const {
    return static_cast<uint32_t>(std::min<uint64_t>(end_, uint64_t{progress_.line_start} + max_size + 1));
  }

  uint32_t Skip(const OctetScan& scan, uint32_t stop) const {
    return SkipOctets(scan, bytes_, progress_.searched, stop);
  }

  bool Begin(HeadPart part, uint32_t at) {
    progress_.part = part;
    progress_.part_start = at;
    progress_.searched = at;
    return true;
  }

  bool BeginLine(HeadPart part, uint32_t at) {
    progress_.line_start = at;
    return Begin(part, at);
  }

  bool RunOutOfLine(uint32_t at, uint32_t max_size, Fault fault) {
    if (at - progress_.line_start > max_size) return Refuse(fault);
    return RunOut(at);
  }

  bool RunOut(uint32_t at) {
    if (end_ == max_head_) {
      return progress_.part <= HeadPart::kVersion ? Refuse(kLongLine)
                                                  : Refuse({431, FaultKind::kTooLong, "the head is longer than allowed (RFC 6585, 5)"});
    }
    progress_.searched = at;
    outcome_ = {Kind::kPartial};
    return false;
  }

  bool Refuse(Fault fault) {
    outcome_ = {Kind::kRefused, fault};
    return false;
  }

  const uint8_t* const bytes_;
  const uint32_t end_;
  const uint32_t max_line_;
  const uint32_t max_field_;
  const uint32_t max_head_;
  const HeadLimits& limits_;
  const uint32_t max_fields_;
  HeadProgress progress_;
  HeadOutcome outcome_{Kind::kPartial};
  HeadFacts facts_;
  bool target_has_authority_ = false;
  Head& head_;
  const std::span<Field> fields_;
};

}  // namespace

HeadOutcome ParseHead(std::span<const uint8_t> bytes, const HeadLimits& limits, HeadProgress& progress, Head& head,
                      std::span<Field> fields) {
  if (progress.part != HeadPart::kStart && progress.searched <= bytes.size()) {
    HeadParser resumed(bytes, limits, progress, head, fields);
    const HeadOutcome outcome = resumed.Run();
    progress = resumed.Progress();
    // A refusal at the head's end may come of fields that this pass has not seen: the next one tells.
    if (outcome.kind == HeadOutcome::Kind::kPartial || progress.part != HeadPart::kFieldStart) return outcome;
  }
  HeadParser parser(bytes, limits, HeadProgress{}, head, fields);
  const HeadOutcome outcome = parser.Run();
  progress = parser.Progress();
  return outcome;
}

}  // namespace picoev
