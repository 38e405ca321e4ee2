// The tables that kernel and JavaScript share: rows of 32-bit words in memory that both see. src/wire.ts has the same
// numbers.
#pragma once

#include <cstdint>

namespace picoev {

/// A row of the table of events: what a turn of the loop has found, kernel to JavaScript.
struct EventRow {
  enum Kind : uint32_t {
    kRequest = 1,
    /// A piece of the newest request's body.
    kBody = 2,
    /// The body ended before it was complete: no more of it will come, and the request is over.
    kBodyBroken = 3,
    /// There is room again for more of the answer.
    kDrain = 4,
    /// The client has ended its side behind the request `sequence`. Or none of the connection's requests will be answered
    /// (kLost); with a status, this one alone, in whose app's place the engine has answered.
    kGone = 5,
    /// A request that was refused by its head: for the access log, it is answered already. Or what was no request (kOffered).
    kRefused = 6,
    /// A connection was accepted: only while JavaScript wants to hear of them.
    kConnected = 7,
    /// A connection that JavaScript follows has ended. It is told last of all that belongs to it.
    kClosed = 8,
  };
  enum Flag : uint32_t {
    kHttp10 = 1,
    kLastRequest = 2,
    kHead = 4,
    /// The body's bytes in this row are its last ones.
    kBodyComplete = 8,
    kChunkedBody = 16,
    kExpectsContinue = 32,
    kUpgrade = 64,
    kLost = 128,
    /// Of kBodyBroken, kGone and kClosed: the client has reset the connection.
    kReset = 256,
    /// Of the same: it had ended its side.
    kEnded = 512,
    /// Of kRefused and kBodyBroken: JavaScript says what the client is told, as the answer `sequence`. Of kRefused then all that
    /// has come of the head and behind it is at `head_offset`, and `body_size` bytes of it were found right.
    kOffered = 1024,
    /// Of kGone: the time for all of an exchange is over, that of the oldest request.
    kOverdue = 2048,
    /// It came behind others on its connection, and has waited for their answers.
    kResumed = 4096,
  };

  static constexpr uint32_t kNoReason = ~uint32_t{0};

  uint32_t kind;
  uint32_t flags;
  uint32_t fd;
  uint32_t serial;
  uint32_t sequence;
  /// In the slab.
  uint32_t head_offset;
  uint32_t head_size;
  union {
    uint32_t method_size;
    /// Of kOffered: RefusalFault() knows why, until the turn ends. kNoReason: it was late, or its client ended it.
    uint32_t reason;
  };
  uint32_t target_size;
  uint32_t body_offset;
  uint32_t body_size;
  /// Content-Length, as JavaScript's number: low and high word. Where the engine has answered in the app's place, the
  /// low word is the status that it sent, 0 otherwise. Of kClosed: all bytes that were received.
  uint32_t length_low;
  uint32_t length_high;
  union {
    /// Of kClosed: all bytes that were sent.
    uint32_t sent_low;
    /// Of trailer fields, directly behind the body's bytes.
    uint32_t trailers_size;
  };
  uint32_t sent_high;
  /// The descriptor of the listening socket by which the connection came. The connection itself cannot tell once it is reset.
  uint32_t listener;
};
static_assert(sizeof(EventRow) == 64);

/// A row of the table of answers, JavaScript to kernel. The texts of all rows follow each other in one string, a byte
/// for each character.
struct AnswerRow {
  enum Kind : uint32_t {
    /// A whole answer: fields and body.
    kRespond = 1,
    /// Its head: fields, and the length of the body that follows.
    kBegin = 2,
    /// A piece of the body.
    kPiece = 3,
    kEnd = 4,
    /// Bytes that JavaScript has framed itself.
    kRaw = 5,
    kRawEnd = 6,
    /// An informational answer before the real one.
    kInform = 7,
    /// All of the answer was given by kRaw, but the app still reads the request's body: kRawEnd follows when that ends.
    kAnswered = 8,
  };

  uint32_t kind;
  /// Of AnswerFlag.
  uint32_t flags;
  uint32_t fd;
  uint32_t serial;
  uint32_t sequence;
  uint32_t status;
  uint32_t fields_size;
  uint32_t body_size;
  uint32_t length_low;
  uint32_t length_high;
  /// Of the reason phrase, which comes before the fields; 0 for the status's own.
  uint32_t reason_size;
  uint32_t reserved[5];
};
static_assert(sizeof(AnswerRow) == 64);

}  // namespace picoev
