// Serves HTTP/1.1 connections: waits for them, reads, hands each turn's requests over at once, writes the answers.
// Knows libuv, in whose loop it takes its turns, but nothing of JavaScript.
//
// Invariants: what an event row points at in the slab is valid until the owner's OnTurnEnd() has returned. The owner,
// who may close the loop in any call, is only called from Turn() and OnClosing(), between connections.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/acceptor.h"
#include "net/endpoint.h"
#include "net/networks.h"
#include "loop/closing_call.h"
#include "loop/connection.h"
#include "loop/deadlines.h"
#include "base/failure.h"
#include "loop/poller.h"
#include "http1/response.h"
#include "loop/sleeper.h"
#include "base/unique_fd.h"
#include "base/uv_handle.h"
#include "loop/wire.h"

namespace picoev {

/// Milliseconds; 0 for no limit.
struct Timeouts {
  /// From a connection's first byte of a request to the end of its head; also for a connection that sends nothing.
  uint64_t head;
  /// From the end of the head to the end of the body.
  uint64_t body;
  /// That an idle connection is kept for the next request.
  uint64_t keep_alive;
  /// Without progress in sending.
  uint64_t write;
  /// From a complete request, or from its head while nobody reads its body, to the begin of its answer.
  uint64_t answer;
  /// From its head, or from the end of the answer before it, until the last byte of its answer is sent.
  uint64_t exchange;
};

struct LoopOptions {
  Multiplexer multiplexer;
  TimerKind timers;
  RequestLimits limits;
  Timeouts timeouts;
  /// Connections that are open at once.
  uint32_t max_connections;
  /// Names of header fields are changed to lower case, for apps that cannot see the difference.
  bool lower_case_names;
};

class HttpLoop final : private Acceptor::Owner,
                       private RequestSink,
                       private Sleeper::Owner,
                       private Deadlines::Owner,
                       private ClosingCall::Owner {
 public:
  class Owner {
   public:
    /// The first `rows` of the table of events are valid, and all answers given in this call and its microtasks are
    /// written in OnTurnEnd().
    virtual void OnTurn(uint32_t rows) = 0;
    virtual void OnTurnEnd() = 0;
    /// See Acceptor::Owner.
    virtual bool CanTake() = 0;
    virtual void OnExhausted(int error) = 0;
    virtual void OnBroken(int error) = 0;
    /// The multiplexer cannot watch a new connection (an errno), which is closed therefore: its descriptor is beyond
    /// what select can hold, or the kernel is short of memory.
    virtual void OnUnwatchable(int fd, int error) = 0;
    /// A request was refused: for the log.
    virtual void OnRefused(uint32_t status, const char* reason) = 0;
    /// Of so many connections since the last call, none said validly whose it is: why the latest one was closed, and whose it was.
    virtual void OnUnproxied(uint32_t connections, const char* reason, const std::string& peer) = 0;
    /// No connection is open any more.
    virtual void OnEmpty() = 0;

   protected:
    ~Owner() = default;
  };

  struct Stats {
    uint64_t accepted = 0;
    uint64_t requests = 0;
    uint64_t refused = 0;
    /// Connections that were closed for want of a valid header of PROXY protocol.
    uint64_t unproxied = 0;
    /// Clients whose time was over: for a head, for a body, and to take their answer. Those of a PROXY header are unproxied.
    uint64_t late_heads = 0;
    uint64_t late_bodies = 0;
    uint64_t late_writes = 0;
    uint64_t turns = 0;
    uint64_t wakeups = 0;
    uint32_t open = 0;
  };

  static constexpr uint32_t kEventRows = 1024;
  static constexpr uint32_t kAnswerRows = 1024;
  /// Read at once from one connection, at most: with 64 KiB an upload had 0.96 times the throughput of node:http,
  /// so 1.29.
  static constexpr uint32_t kReadSize = 256 * 1024;
  /// The same where no body is under way: what comes behind the requests that may be in hand is kept.
  static constexpr uint32_t kHeadReadSize = 64 * 1024;
  static constexpr uint32_t kSlabSize = 2 * 1024 * 1024;

  /// `owner`, `slab`, `events` and `answers` must outlive the loop.
  static Result<std::unique_ptr<HttpLoop>> Create(uv_loop_t* loop, const LoopOptions& options, Owner& owner,
                                                  std::span<uint8_t> slab, std::span<EventRow> events,
                                                  std::span<const AnswerRow> answers);
  ~HttpLoop();
  HttpLoop(const HttpLoop&) = delete;
  HttpLoop& operator=(const HttpLoop&) = delete;

  /// The owner was away, in JavaScript: what it has to say comes now, which may be long after the event loop looked at the clock.
  void TakeTime() {
    if (deadlines_) deadlines_->TakeTime();
  }
  /// Accepts from a listening socket from now on. It stays the caller's, and must be open until StopAccepting().
  std::optional<Failure> Accept(int listener);
  void StopAccepting();
  /// Accepts at once what waits, as far as there is room. Returns how many still wait.
  uint32_t AcceptRest();

  /// Takes the first `rows` answers, whose texts follow each other in `text`.
  void Flush(uint32_t rows, std::span<const uint8_t> text);
  /// Offers a piece of a long answer, kPiece or kRaw. What is not taken, and all that follows, waits for kDrain.
  struct Written {
    size_t taken;
    bool goes_on;
  };
  /// Nothing when the connection is lost, perhaps by this very call.
  std::optional<Written> Write(AnswerRow::Kind kind, uint32_t fd, uint32_t serial, uint32_t sequence, uint32_t flags,
                               std::span<const uint8_t> bytes);
  void ReadBody(uint32_t fd, uint32_t serial, uint32_t sequence);
  void PauseBody(uint32_t fd, uint32_t serial, uint32_t sequence);
  /// Cuts the connection, whatever was in flight. `resets`: its client is told so by a reset instead of an end.
  void Abort(uint32_t fd, uint32_t serial, bool resets);
  /// Ends the connection when what was answered is sent: no further request is read.
  void EndConnection(uint32_t fd, uint32_t serial);
  /// Gives the descriptor away with what was received behind the request; nothing when that is not possible. Its place stays taken
  /// until FreePlace().
  struct Detached {
    UniqueFd fd;
    std::vector<uint8_t> rest;
    /// As its proxy has told it.
    std::optional<Endpoint> client;
  };
  std::optional<Detached> Detach(uint32_t fd, uint32_t serial, uint32_t sequence);
  /// A connection that was given away has ended.
  void FreePlace();
  /// Whether a further request, or a part of one, has come behind this one; what nobody has read yet counts.
  bool HasBehind(uint32_t fd, uint32_t serial, uint32_t sequence);
  /// Nothing where it is closed, or has none. The client's is what its proxy has told.
  std::optional<Endpoint> ClientOf(uint32_t fd, uint32_t serial);
  std::optional<Endpoint> LocalOf(uint32_t fd, uint32_t serial);
  /// Connections that are accepted from now on begin with a header of PROXY protocol, and come from one of these proxies.
  void ExpectProxies(Networks proxies) { proxies_ = std::move(proxies); }
  /// Tells the end of this connection by kClosed. False when it has ended already.
  bool Follow(uint32_t fd, uint32_t serial);
  /// Whether kConnected tells each connection that is accepted from now on; it is followed then.
  void TellConnections(bool tells) { tells_connections_ = tells; }
  /// Whether the owner answers what is no request (kOffered), but for what is none by a rule alone (kRule).
  void TellRefusals(bool tells) { tells_refusals_ = tells; }
  /// Whether the app decides about expectations other than 100-continue.
  void TakeExpectations(bool takes) { limits_.head.any_expectation = takes; }
  /// Whether HTTP/1.1 may do without a Host.
  void TakeWithoutHost(bool takes) { limits_.head.no_host = takes; }
  /// The same of one that asks for another protocol.
  void TakeUpgradesWithoutHost(bool takes) { limits_.head.upgrade_without_host = takes; }
  /// Whether a refusal is a status line and the connection's end, as of Node's server, and has no body.
  void RefuseBarely(bool barely) { refuses_barely_ = barely; }
  /// By its number in a row of this turn.
  Fault RefusalFault(uint32_t number) const {
    return number < refusals_.size() ? refusals_[number] : Fault{.reason = ""};
  }
  /// Bytes of a connection so far. What waits to be sent counts as sent.
  struct Traffic {
    uint64_t received = 0;
    uint64_t sent = 0;
  };
  Traffic TrafficOf(uint32_t fd, uint32_t serial);
  /// Bytes of answers that wait here: the kernel has not taken them, or their turn has not come.
  size_t WaitingOf(uint32_t fd, uint32_t serial);

  /// Hands the kernel what it takes now of all that waits to be sent.
  void SendAllPending();
  /// Closes the connections that have sent nothing yet.
  void CloseSilent();
  /// The same, and those between two requests.
  void CloseIdle();
  /// Cuts all connections; accepting goes on.
  void CutAll();
  /// Closes everything; what waits to be sent is offered to the kernel once more. The loop is of no more use but for Stats().
  void Close();

  const Stats& GetStats();

 private:
  /// What a connection is waiting for, and has only so long.
  enum class Wait : uint8_t {
    /// It is the app's turn, and nothing limits it.
    kNothing,
    kFirst,
    kHead,
    kBody,
    kIdle,
    kAnswer,
    kHalfClosed,
    /// It is the owner's turn, who was offered to refuse the client's bytes.
    kRefusal,
    kWrite,
    kLinger,
    /// There was progress: whatever it waits for now has all of its time.
    kUndecided,
  };

  /// What is kept for a descriptor.
  struct Slot {
    Connection http;
    Traffic traffic;
    /// Tells this connection from others that have had the same descriptor; 0 for none.
    uint32_t serial = 0;
    /// The listening socket by which it came.
    int listener = -1;
    Wait waits_for = Wait::kNothing;
    /// Milliseconds that are left of the time for the newest request's body; 0 for no limit.
    uint32_t body_time = 0;
    /// That time has come to its end once already: deadlines.h.
    bool body_reprieved = false;
    /// Of whose answer `waits_for` tells.
    uint32_t awaited = 0;
    /// Whose time for all of the exchange runs, if any does.
    std::optional<uint32_t> timed;
    /// What the poller watches.
    uint8_t interest = 0;
    /// The client has ended its side.
    bool ended = false;
    /// The client has reset it.
    bool reset = false;
    /// The same as `ended`, behind bytes that complete its request and wait for who reads them.
    bool end_waits = false;
    /// It was found out whether that client still reads.
    bool probed = false;
    /// The first byte of the next answer was sent ahead.
    bool led = false;
    /// Our side is ended, and what still comes is thrown away.
    bool lingers = false;
    /// What waits in the kernel is left there until earlier requests of its own are answered, or read.
    bool held = false;
    /// JavaScript wants to be told when it ends.
    bool followed = false;
    /// The other end as its proxy has told it; null where that is the connection's own.
    std::unique_ptr<const Endpoint> client;
  };

  /// What is told of exchanges that take too long.
  struct Overdue final : Deadlines::Owner {
    explicit Overdue(HttpLoop& loop) : loop(loop) {}
    void OnDeadline(int fd) override { loop.OnOverdue(fd); }
    HttpLoop& loop;
  };

  /// Descriptors for which there is room from the start; more is made in steps of as many.
  static constexpr size_t kSlotStep = 256;

  HttpLoop(uv_loop_t* loop, const LoopOptions& options, Owner& owner, std::span<uint8_t> slab,
           std::span<EventRow> events, std::span<const AnswerRow> answers, std::unique_ptr<Poller> poller);

  // Turns.
  void OnReady() override { Turn(); }
  void OnClosing() override;
  void Turn();
  void TellOwner();
  void RequestTurn();
  void DeliverLateRows();
  void TellInOrder();
  void TellParted();
  void GoOn();
  void Handle(const Ready& ready);
  void Dispatch();
  EventRow& NextRow(EventRow::Kind kind, int fd);
  void TellLate(EventRow::Kind kind, uint32_t flags, int fd, uint32_t status = 0);
  void TellClosed(int fd);
  void DescribeRequest(EventRow& row, const RequestView& request) const;
  void DescribeBody(EventRow& row, std::span<const uint8_t> bytes, std::span<const uint8_t> trailers) const;
  bool HasRoom(size_t carried) const;

  // Connections.
  template <typename Deed>
  void ForEachConnection(Deed deed);
  void OnConnection(UniqueFd connection, int listener) override;
  bool CanTake() override { return owner_.CanTake(); }
  void OnExhausted(int error) override { owner_.OnExhausted(error); }
  void OnBroken(int error) override { owner_.OnBroken(error); }
  Slot* Find(uint32_t fd, uint32_t serial);
  Slot& At(int fd) { return slots_[static_cast<size_t>(fd)]; }
  bool Watch(int fd, uint8_t interest);
  void Read(int fd, bool to_the_end);
  bool ReadOnce(int fd);
  void Receive(int fd, size_t fresh);
  uint32_t CountCrowd();
  uint32_t CountWaiting() const;
  void MakeRoom(int fd);
  void GoOnSoon(int fd);
  void Lose(int fd, uint32_t flags = 0);
  void LoseBy(int fd, int error);
  void Forget(int fd);
  UniqueFd Remove(int fd);
  bool IsFull() const { return stats_.open + detached_ >= options_.max_connections; }
  void ResumeWhereThereIsRoom();
  void OnRequest(Connection& connection, const RequestView& request) override;
  void OnBody(Connection& connection, const BodyView& piece) override;
  void OnRefusal(Connection& connection, const Refusal& refusal) override;
  void OnProxyHeader(Connection& connection, const ProxyHeader& header) override;
  bool TakesFrom(int fd);
  void LoseUnproxied(int fd, const char* reason);
  void NoteUnproxied(const char* reason, const Peer& peer);
  void Refuse(int fd, uint32_t status, bool in_body);
  void RefuseLate(int fd);
  void OfferLate(int fd, uint32_t status, bool in_place);
  void Conclude(int fd, uint32_t sequence);

  // Half-closed.
  void OnEnd(int fd);
  void OnUnreadEnd(int fd);
  void Probe(int fd);

  // Answers.
  void Answer(int fd, const AnswerRow& row, std::span<const uint8_t> text);
  void AppendPiece(ByteBuffer& out, uint32_t flags, std::span<const uint8_t> piece);
  ByteBuffer& OutOf(int fd);
  ByteBuffer& BufferFor(int fd, uint32_t sequence);
  void Complete(int fd, uint32_t sequence, bool last);
  void SendRun();
  void Send(int fd, std::span<const uint8_t> bytes);
  void SendPending(int fd);
  bool Push(int fd);
  void Settle(int fd);
  void Linger(int fd);
  void LeaveIdle(int fd);
  void GiveUp(int fd, uint32_t flags = 0);
  std::string_view Date();

  // Time.
  void Expect(int fd);
  Wait WaitsFor(const Slot& slot) const;
  uint64_t TimeoutOf(const Slot& slot) const;
  void BeginBody(Slot& slot) const;
  void OnDeadline(int fd) override;
  void TimeExchange(int fd);
  void OnOverdue(int fd);

  uv_loop_t* const loop_;
  const LoopOptions options_;
  RequestLimits limits_;
  Owner& owner_;
  const std::span<uint8_t> slab_;
  const std::span<EventRow> events_;
  const std::span<const AnswerRow> answers_;

  std::vector<Slot> slots_;
  std::unique_ptr<Poller> poller_;
  /// What an answer says of a connection that is kept.
  const std::string keep_alive_field_;
  std::unique_ptr<Sleeper> sleeper_;
  std::unique_ptr<Deadlines> deadlines_;
  Overdue overdue_{*this};
  /// Of all of an exchange; null where nothing limits that.
  std::unique_ptr<Deadlines> exchange_deadlines_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  UvHandle<uv_idle_t> soon_;

  uint32_t slab_used_ = 0;
  uint32_t rows_ = 0;
  /// Told outside a turn: they wait for the next one.
  std::vector<EventRow> late_rows_;
  /// Of connections that the owner has cut: they wait for `closing_`.
  std::vector<EventRow> parting_rows_;
  ClosingCall closing_;
  /// Connections whose received bytes can be gone on with.
  std::vector<std::pair<int, uint32_t>> resumable_;
  /// Many, since poll and select go through all connections for each call of Wait().
  std::vector<Ready> ready_ = std::vector<Ready>(4096);

  /// Answers of one connection that are sent together.
  ByteBuffer run_;
  int run_fd_ = -1;
  DateField date_;

  uint32_t last_serial_ = 0;
  /// Connections that were given away and have not ended.
  uint32_t detached_ = 0;
  /// For the log, when the turn is over.
  std::vector<Fault> refusals_;
  /// Whom connections come from, each with its header; nothing where clients connect themselves.
  std::optional<Networks> proxies_;
  /// For the log, when the turn is over.
  struct Unproxied {
    uint32_t connections = 0;
    const char* reason = "";
    std::string peer;
  };
  Unproxied unproxied_;
  bool became_empty_ = false;
  bool tells_connections_ = false;
  bool tells_refusals_ = false;
  bool refuses_barely_ = false;
  bool in_turn_ = false;
  /// By who was told of something in this turn.
  bool accepted_in_turn_ = false;
  bool paused_ = false;
  bool closed_ = false;
  /// The descriptor of the connection that is receiving, for the sink's calls.
  int receiving_ = -1;
  /// What it receives now has waited for answers of its own.
  bool resumes_ = false;
  /// Of what it received, the row of the last request; null for none.
  EventRow* newest_row_ = nullptr;
  /// Clients that wait for a place and were promised none yet, while all places are taken.
  uint32_t crowd_ = 0;
  /// Answers that are to be the last of their connections since `promised_at_`, less those that were.
  uint32_t promised_ = 0;
  uint64_t promised_at_ = 0;
  Stats stats_;
};

}  // namespace picoev
