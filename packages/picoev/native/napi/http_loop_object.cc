#include "napi/http_loop_object.h"

#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

#include "loop/loop.h"
#include "napi/endpoint_value.h"
#include "napi/loop_options.h"
#include "napi/object.h"

namespace picoev {
namespace {

/// The rows of a table in memory that JavaScript shares.
template <typename Row>
std::span<Row> RowsOf(std::span<uint8_t> bytes) {
  return {reinterpret_cast<Row*>(bytes.data()), bytes.size() / sizeof(Row)};
}

/// While it is open it keeps its JavaScript object, the handlers and the shared memory alive.
class HttpLoopObject final : public HttpLoop::Owner, public OpenObject {
 public:
  static napi_value Start(napi_env env, napi_callback_info info);

  HttpLoopObject(napi_env env, napi_value self, const Arguments<5>& arguments)
      : env_(env),
        context_(env, self, "QilinHttpLoop"),
        self_(env, self),
        slab_(env, arguments[1]),
        events_(env, arguments[2]),
        answers_(env, arguments[3]),
        on_turn_(env, Handler(arguments[4], "onTurn")),
        on_turn_end_(env, Handler(arguments[4], "onTurnEnd")),
        on_exhausted_(env, Handler(arguments[4], "onExhausted")),
        on_broken_(env, Handler(arguments[4], "onBroken")),
        on_unwatchable_(env, Handler(arguments[4], "onUnwatchable")),
        on_refused_(env, Handler(arguments[4], "onRefused")),
        on_unproxied_(env, Handler(arguments[4], "onUnproxied")),
        on_empty_(env, Handler(arguments[4], "onEmpty")) {}
  ~HttpLoopObject() { Close(); }
  HttpLoopObject(const HttpLoopObject&) = delete;
  HttpLoopObject& operator=(const HttpLoopObject&) = delete;

  void Close() override {
    if (std::exchange(closed_, true)) return;
    if (loop_) loop_->Close();
    Instance::Of(env_).open.erase(this);
    for (Root* root : {&self_, &slab_, &events_, &answers_, &on_turn_, &on_turn_end_, &on_exhausted_, &on_broken_,
                       &on_unwatchable_, &on_refused_, &on_unproxied_, &on_empty_}) {
      root->Drop();
    }
  }

  void OnTurn(uint32_t rows) override {
    const HandleScope scope(env_);
    context_.Call(self_.Get(), on_turn_.Get(), Number(env_, rows));
  }

  void OnTurnEnd() override {
    if (closed_) return;
    const HandleScope scope(env_);
    context_.CallPlainly(self_.Get(), on_turn_end_.Get());
  }

  bool CanTake() override { return CanRunJavaScript(env_); }

  void OnExhausted(int error) override {
    const HandleScope scope(env_);
    context_.Call(self_.Get(), on_exhausted_.Get(), String(env_, SystemCode(error)));
  }

  void OnBroken(int error) override {
    const HandleScope scope(env_);
    context_.Call(self_.Get(), on_broken_.Get(), ToValue(env_, Failure{.syscall = "accept", .error = error}));
  }

  void OnUnwatchable(int fd, int error) override {
    const HandleScope scope(env_);
    context_.Call(self_.Get(), on_unwatchable_.Get(),
                  Object(env_, {{"fd", Number(env_, fd)}, {"code", String(env_, SystemCode(error))}}));
  }

  void OnRefused(uint32_t status, const char* reason) override {
    const HandleScope scope(env_);
    context_.Call(self_.Get(), on_refused_.Get(),
                  Object(env_, {{"status", Number(env_, status)}, {"reason", String(env_, reason)}}));
  }

  void OnUnproxied(uint32_t connections, const char* reason, const std::string& peer) override {
    const HandleScope scope(env_);
    context_.Call(self_.Get(), on_unproxied_.Get(),
                  Object(env_, {{"connections", Number(env_, connections)},
                                {"reason", String(env_, reason)},
                                {"peer", String(env_, peer)}}));
  }

  void OnEmpty() override {
    if (closed_) return;
    const HandleScope scope(env_);
    context_.Call(self_.Get(), on_empty_.Get(), Undefined(env_));
  }

 private:
  napi_value Handler(napi_value handlers, const char* name) const {
    napi_value handler = nullptr;
    napi_get_named_property(env_, handlers, name, &handler);
    return handler;
  }

  template <napi_value (HttpLoopObject::*Method)(napi_callback_info)>
  static napi_value Invoke(napi_env env, napi_callback_info info) {
    auto* object = Unwrap<HttpLoopObject>(env, info);
    if (object == nullptr || object->closed_) return Undefined(env);
    object->loop_->TakeTime();
    return (object->*Method)(info);
  }

  napi_value Accept(napi_callback_info info) {
    if (auto failure = loop_->Accept(Arguments<1>(env_, info).Integer(0))) return ToValue(env_, *failure);
    return Undefined(env_);
  }
  napi_value StopAccepting(napi_callback_info) {
    loop_->StopAccepting();
    return Undefined(env_);
  }
  /// () → how many still wait
  napi_value AcceptRest(napi_callback_info) { return Number(env_, loop_->AcceptRest()); }
  /// (rows, text)
  napi_value Flush(napi_callback_info info) {
    const Arguments<2> arguments(env_, info);
    size_t size = 0;
    napi_get_value_string_latin1(env_, arguments[1], nullptr, 0, &size);
    if (text_.size() <= size) text_.resize(size + 1);
    napi_get_value_string_latin1(env_, arguments[1], text_.data(), text_.size(), &size);
    loop_->Flush(arguments.Unsigned(0), {reinterpret_cast<const uint8_t*>(text_.data()), size});
    // One giant answer should not be kept for ever.
    if (text_.size() > kKeptText) text_ = std::vector<char>(kKeptText);
    return Undefined(env_);
  }
  /// (kind, fd, serial, sequence, flags, bytes) → bytes that were taken, as -1 less these where all else must wait, or
  /// undefined
  napi_value Write(napi_callback_info info) {
    const Arguments<6> arguments(env_, info);
    const auto kind = static_cast<AnswerRow::Kind>(arguments.Unsigned(0));
    const auto written = loop_->Write(kind, arguments.Unsigned(1), arguments.Unsigned(2), arguments.Unsigned(3),
                                      arguments.Unsigned(4), arguments.Bytes(5));
    if (!written) return Undefined(env_);
    const auto taken = static_cast<double>(written->taken);
    return Number(env_, written->goes_on ? taken : -1 - taken);
  }
  napi_value ReadBody(napi_callback_info info) {
    const Arguments<3> arguments(env_, info);
    loop_->ReadBody(arguments.Unsigned(0), arguments.Unsigned(1), arguments.Unsigned(2));
    return Undefined(env_);
  }
  napi_value PauseBody(napi_callback_info info) {
    const Arguments<3> arguments(env_, info);
    loop_->PauseBody(arguments.Unsigned(0), arguments.Unsigned(1), arguments.Unsigned(2));
    return Undefined(env_);
  }
  napi_value Abort(napi_callback_info info) {
    const Arguments<3> arguments(env_, info);
    loop_->Abort(arguments.Unsigned(0), arguments.Unsigned(1), arguments.Flag(2));
    return Undefined(env_);
  }
  napi_value EndConnection(napi_callback_info info) {
    const Arguments<2> arguments(env_, info);
    loop_->EndConnection(arguments.Unsigned(0), arguments.Unsigned(1));
    return Undefined(env_);
  }
  /// (fd, serial, sequence) → { fd, rest, client } or undefined
  napi_value Detach(napi_callback_info info) {
    const Arguments<3> arguments(env_, info);
    auto detached = loop_->Detach(arguments.Unsigned(0), arguments.Unsigned(1), arguments.Unsigned(2));
    if (!detached) return Undefined(env_);
    napi_value rest = nullptr;
    napi_create_buffer_copy(env_, detached->rest.size(), detached->rest.data(), nullptr, &rest);
    return Object(env_, {{"fd", Number(env_, detached->fd.Release())},
                         {"rest", rest},
                         {"client", ToValue(env_, detached->client)}});
  }
  napi_value FreePlace(napi_callback_info) {
    loop_->FreePlace();
    return Undefined(env_);
  }
  napi_value SendAllPending(napi_callback_info) {
    loop_->SendAllPending();
    return Undefined(env_);
  }
  napi_value CloseSilent(napi_callback_info) {
    loop_->CloseSilent();
    return Undefined(env_);
  }
  napi_value CloseIdle(napi_callback_info) {
    loop_->CloseIdle();
    return Undefined(env_);
  }
  napi_value CutAll(napi_callback_info) {
    loop_->CutAll();
    return Undefined(env_);
  }
  napi_value CloseAll(napi_callback_info) {
    Close();
    return Undefined(env_);
  }
  /// (fd, serial) → { address, port, family } or undefined
  napi_value Client(napi_callback_info info) {
    const Arguments<2> arguments(env_, info);
    return ToValue(env_, loop_->ClientOf(arguments.Unsigned(0), arguments.Unsigned(1)));
  }
  napi_value Local(napi_callback_info info) {
    const Arguments<2> arguments(env_, info);
    return ToValue(env_, loop_->LocalOf(arguments.Unsigned(0), arguments.Unsigned(1)));
  }
  /// (networks)
  napi_value ExpectProxies(napi_callback_info info) {
    loop_->ExpectProxies(NetworksOf(env_, Arguments<1>(env_, info)[0]));
    return Undefined(env_);
  }
  /// (fd, serial) → whether it is still open
  napi_value Follow(napi_callback_info info) {
    const Arguments<2> arguments(env_, info);
    return Boolean(env_, loop_->Follow(arguments.Unsigned(0), arguments.Unsigned(1)));
  }
  /// (flag): what the loop does from now on, or no more
  template <void (HttpLoop::*kSet)(bool)>
  napi_value Set(napi_callback_info info) {
    (*loop_.*kSet)(Arguments<1>(env_, info).Flag(0));
    return Undefined(env_);
  }
  /// (number) → the kind and the sentence
  napi_value RefusalFault(napi_callback_info info) {
    const Fault fault = loop_->RefusalFault(Arguments<1>(env_, info).Unsigned(0));
    return Object(env_, {{"kind", Number(env_, static_cast<double>(fault.kind))}, {"reason", String(env_, fault.reason)}});
  }
  /// (fd, serial) → bytes
  napi_value Received(napi_callback_info info) {
    const Arguments<2> arguments(env_, info);
    return Number(env_, static_cast<double>(loop_->TrafficOf(arguments.Unsigned(0), arguments.Unsigned(1)).received));
  }
  napi_value Sent(napi_callback_info info) {
    const Arguments<2> arguments(env_, info);
    return Number(env_, static_cast<double>(loop_->TrafficOf(arguments.Unsigned(0), arguments.Unsigned(1)).sent));
  }
  napi_value Waiting(napi_callback_info info) {
    const Arguments<2> arguments(env_, info);
    return Number(env_, static_cast<double>(loop_->WaitingOf(arguments.Unsigned(0), arguments.Unsigned(1))));
  }
  napi_value HasBehind(napi_callback_info info) {
    const Arguments<3> arguments(env_, info);
    return Boolean(env_, loop_->HasBehind(arguments.Unsigned(0), arguments.Unsigned(1), arguments.Unsigned(2)));
  }
  napi_value Stats(napi_callback_info) {
    const HttpLoop::Stats& stats = loop_->GetStats();
    return Object(env_, {{"accepted", Number(env_, static_cast<double>(stats.accepted))},
                         {"requests", Number(env_, static_cast<double>(stats.requests))},
                         {"refused", Number(env_, static_cast<double>(stats.refused))},
                         {"unproxied", Number(env_, static_cast<double>(stats.unproxied))},
                         {"lateHeads", Number(env_, static_cast<double>(stats.late_heads))},
                         {"lateBodies", Number(env_, static_cast<double>(stats.late_bodies))},
                         {"lateWrites", Number(env_, static_cast<double>(stats.late_writes))},
                         {"turns", Number(env_, static_cast<double>(stats.turns))},
                         {"wakeups", Number(env_, static_cast<double>(stats.wakeups))},
                         {"open", Number(env_, stats.open)}});
  }

  static constexpr size_t kKeptText = 256 * 1024;

  const napi_env env_;
  bool closed_ = false;
  const AsyncContext context_;
  Root self_;
  Root slab_;
  Root events_;
  Root answers_;
  Root on_turn_;
  Root on_turn_end_;
  Root on_exhausted_;
  Root on_broken_;
  Root on_unwatchable_;
  Root on_refused_;
  Root on_unproxied_;
  Root on_empty_;
  std::vector<char> text_;
  std::unique_ptr<HttpLoop> loop_;
};

napi_value HttpLoopObject::Start(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  napi_value self = Object(env, {});
  auto object = std::make_unique<HttpLoopObject>(env, self, arguments);
  Instance& instance = Instance::Of(env);
  const auto events = RowsOf<EventRow>(arguments.Bytes(2));
  const auto answers = RowsOf<AnswerRow>(arguments.Bytes(3));
  const auto options = ReadLoopOptions(env, arguments[0]);
  if (!options) return ToValue(env, Failure{.syscall = "startHttpLoop", .error = EINVAL});
  auto created = HttpLoop::Create(instance.loop, *options, *object, arguments.Bytes(1), events,
                                  std::span<const AnswerRow>(answers));
  if (const auto* failure = std::get_if<Failure>(&created)) return ToValue(env, *failure);
  object->loop_ = std::get<std::unique_ptr<HttpLoop>>(std::move(created));
  instance.open.insert(object.get());

  const auto method = [](const char* name, napi_callback callback) {
    return napi_property_descriptor{name, nullptr, callback, nullptr, nullptr, nullptr, napi_default, nullptr};
  };
  const std::array methods{
      method("accept", Invoke<&HttpLoopObject::Accept>),
      method("stopAccepting", Invoke<&HttpLoopObject::StopAccepting>),
      method("acceptRest", Invoke<&HttpLoopObject::AcceptRest>),
      method("flush", Invoke<&HttpLoopObject::Flush>),
      method("write", Invoke<&HttpLoopObject::Write>),
      method("readBody", Invoke<&HttpLoopObject::ReadBody>),
      method("pauseBody", Invoke<&HttpLoopObject::PauseBody>),
      method("abort", Invoke<&HttpLoopObject::Abort>),
      method("endConnection", Invoke<&HttpLoopObject::EndConnection>),
      method("detach", Invoke<&HttpLoopObject::Detach>),
      method("freePlace", Invoke<&HttpLoopObject::FreePlace>),
      method("sendAllPending", Invoke<&HttpLoopObject::SendAllPending>),
      method("closeSilent", Invoke<&HttpLoopObject::CloseSilent>),
      method("closeIdle", Invoke<&HttpLoopObject::CloseIdle>),
      method("cutAll", Invoke<&HttpLoopObject::CutAll>),
      method("close", Invoke<&HttpLoopObject::CloseAll>),
      method("peer", Invoke<&HttpLoopObject::Client>),
      method("local", Invoke<&HttpLoopObject::Local>),
      method("expectProxies", Invoke<&HttpLoopObject::ExpectProxies>),
      method("follow", Invoke<&HttpLoopObject::Follow>),
      method("tellConnections", Invoke<&HttpLoopObject::Set<&HttpLoop::TellConnections>>),
      method("tellRefusals", Invoke<&HttpLoopObject::Set<&HttpLoop::TellRefusals>>),
      method("takeExpectations", Invoke<&HttpLoopObject::Set<&HttpLoop::TakeExpectations>>),
      method("takeWithoutHost", Invoke<&HttpLoopObject::Set<&HttpLoop::TakeWithoutHost>>),
      method("takeUpgradesWithoutHost", Invoke<&HttpLoopObject::Set<&HttpLoop::TakeUpgradesWithoutHost>>),
      method("refuseBarely", Invoke<&HttpLoopObject::Set<&HttpLoop::RefuseBarely>>),
      method("refusalFault", Invoke<&HttpLoopObject::RefusalFault>),
      method("received", Invoke<&HttpLoopObject::Received>),
      method("sent", Invoke<&HttpLoopObject::Sent>),
      method("hasBehind", Invoke<&HttpLoopObject::HasBehind>),
      method("waiting", Invoke<&HttpLoopObject::Waiting>),
      method("stats", Invoke<&HttpLoopObject::Stats>),
  };
  napi_define_properties(env, self, methods.size(), methods.data());
  return Wrap(env, self, std::move(object));
}

}  // namespace

napi_value StartHttpLoop(napi_env env, napi_callback_info info) { return HttpLoopObject::Start(env, info); }

}  // namespace picoev
