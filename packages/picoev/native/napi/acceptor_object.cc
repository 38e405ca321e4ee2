#include "napi/acceptor_object.h"

#include <memory>
#include <utility>

#include "net/acceptor.h"
#include "napi/object.h"

namespace picoev {
namespace {

/// An acceptor and the JavaScript object that stands for it, which owns this. While it is open it keeps that object
/// alive.
class AcceptorObject final : public Acceptor::Owner, public OpenObject {
 public:
  static napi_value Start(napi_env env, napi_callback_info info);

  AcceptorObject(napi_env env, napi_value self, napi_value on_connection, napi_value on_exhausted, napi_value on_broken)
      : env_(env),
        context_(env, self, "QilinAcceptor"),
        self_(env, self),
        on_connection_(env, on_connection),
        on_exhausted_(env, on_exhausted),
        on_broken_(env, on_broken) {}
  AcceptorObject(const AcceptorObject&) = delete;
  AcceptorObject& operator=(const AcceptorObject&) = delete;
  ~AcceptorObject() { Close(); }

  void Close() override {
    if (std::exchange(closed_, true)) return;
    if (acceptor_) acceptor_->Close();
    Instance::Of(env_).open.erase(this);
    for (Root* root : {&self_, &on_connection_, &on_exhausted_, &on_broken_}) root->Drop();
  }

  void OnConnection(UniqueFd connection, int) override {
    const HandleScope scope(env_);
    const int fd = connection.Get();
    // From here it is JavaScript's, even when that throws: it may have been stored by then.
    if (context_.Call(self_.Get(), on_connection_.Get(), Number(env_, fd))) (void)connection.Release();
  }

  bool CanTake() override { return CanRunJavaScript(env_); }

  void OnExhausted(int error) override {
    const HandleScope scope(env_);
    context_.Call(self_.Get(), on_exhausted_.Get(), String(env_, SystemCode(error)));
  }

  void OnBroken(int error) override {
    const HandleScope scope(env_);
    const napi_value self = self_.Get();
    const napi_value on_broken = on_broken_.Get();
    Close();
    context_.Call(self, on_broken, ToValue(env_, Failure{.syscall = "accept", .error = error}));
  }

 private:
  template <void (AcceptorObject::*Method)()>
  static napi_value Invoke(napi_env env, napi_callback_info info) {
    if (AcceptorObject* object = Unwrap<AcceptorObject>(env, info)) (object->*Method)();
    return Undefined(env);
  }

  void Pause() { acceptor_->Pause(); }
  void Resume() { acceptor_->Resume(); }
  static napi_value TakeRest(napi_env env, napi_callback_info info);
  static napi_value Waiting(napi_env env, napi_callback_info info);
  static napi_value Stats(napi_env env, napi_callback_info info);

  const napi_env env_;
  bool closed_ = false;
  const AsyncContext context_;
  Root self_;
  Root on_connection_;
  Root on_exhausted_;
  Root on_broken_;
  std::unique_ptr<Acceptor> acceptor_;
};

napi_value AcceptorObject::Start(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  napi_value self = Object(env, {});
  auto object = std::make_unique<AcceptorObject>(env, self, arguments[2], arguments[3], arguments[4]);

  Instance& instance = Instance::Of(env);
  auto started = Acceptor::Start(instance.loop, arguments.Integer(0), arguments.Integer(1), *object);
  if (const auto* failure = std::get_if<Failure>(&started)) return ToValue(env, *failure);
  object->acceptor_ = std::get<std::unique_ptr<Acceptor>>(std::move(started));
  instance.open.insert(object.get());

  const std::array<napi_property_descriptor, 6> methods{{
      {"pause", nullptr, Invoke<&AcceptorObject::Pause>, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"resume", nullptr, Invoke<&AcceptorObject::Resume>, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"close", nullptr, Invoke<&AcceptorObject::Close>, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"takeRest", nullptr, TakeRest, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"waiting", nullptr, Waiting, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"stats", nullptr, Stats, nullptr, nullptr, nullptr, napi_default, nullptr},
  }};
  napi_define_properties(env, self, methods.size(), methods.data());
  return Wrap(env, self, std::move(object));
}

/// () → how many still wait
napi_value AcceptorObject::TakeRest(napi_env env, napi_callback_info info) {
  AcceptorObject* object = Unwrap<AcceptorObject>(env, info);
  if (object == nullptr) return Undefined(env);
  object->acceptor_->TakeRest();
  return Number(env, object->acceptor_->CountWaiting());
}

napi_value AcceptorObject::Waiting(napi_env env, napi_callback_info info) {
  AcceptorObject* object = Unwrap<AcceptorObject>(env, info);
  return object == nullptr ? Undefined(env) : Number(env, object->acceptor_->CountWaiting());
}

napi_value AcceptorObject::Stats(napi_env env, napi_callback_info info) {
  AcceptorObject* object = Unwrap<AcceptorObject>(env, info);
  if (object == nullptr) return Undefined(env);
  const Acceptor::Stats& stats = object->acceptor_->GetStats();
  return Object(env, {{"wakeups", Number(env, stats.wakeups)},
                      {"accepted", Number(env, stats.accepted)},
                      {"empty", Number(env, stats.empty)},
                      {"aborted", Number(env, stats.aborted)},
                      {"exhausted", Number(env, stats.exhausted)}});
}

}  // namespace

napi_value StartAcceptor(napi_env env, napi_callback_info info) { return AcceptorObject::Start(env, info); }

}  // namespace picoev
