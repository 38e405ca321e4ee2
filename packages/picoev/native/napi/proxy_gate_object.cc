#include "napi/proxy_gate_object.h"

#include <array>
#include <memory>
#include <utility>

#include "napi/endpoint_value.h"
#include "napi/object.h"
#include "net/proxy_gate.h"

namespace picoev {
namespace {

/// While it is open it keeps its JavaScript object alive, which owns it.
class ProxyGateObject final : public ProxyGate::Owner, public OpenObject {
 public:
  static napi_value Start(napi_env env, napi_callback_info info);

  ProxyGateObject(napi_env env, napi_value self, const Arguments<4>& arguments)
      : env_(env),
        context_(env, self, "QilinProxyGate"),
        self_(env, self),
        on_passed_(env, arguments[2]),
        on_refused_(env, arguments[3]),
        gate_(Instance::Of(env).loop, NetworksOf(env, arguments[0]), arguments.Unsigned(1), *this) {}
  ProxyGateObject(const ProxyGateObject&) = delete;
  ProxyGateObject& operator=(const ProxyGateObject&) = delete;
  ~ProxyGateObject() { Close(); }

  void Close() override {
    if (std::exchange(closed_, true)) return;
    gate_.CloseWaiting();
    Instance::Of(env_).open.erase(this);
    for (Root* root : {&self_, &on_passed_, &on_refused_}) root->Drop();
  }

  void OnPassed(UniqueFd connection, const std::optional<Endpoint>& client) override {
    if (!CanRunJavaScript(env_)) return;
    const HandleScope scope(env_);
    const int fd = connection.Get();
    const napi_value passed = Object(env_, {{"fd", Number(env_, fd)}, {"client", ToValue(env_, client)}});
    // From here it is JavaScript's, even when that throws.
    if (context_.Call(self_.Get(), on_passed_.Get(), passed)) (void)connection.Release();
  }

  void OnRefused(const char* reason, const std::string& peer) override {
    const HandleScope scope(env_);
    const napi_value said = reason == nullptr ? Undefined(env_) : String(env_, reason);
    context_.Call(self_.Get(), on_refused_.Get(), Object(env_, {{"reason", said}, {"peer", String(env_, peer)}}));
  }

 private:
  template <napi_value (ProxyGateObject::*Method)(napi_callback_info)>
  static napi_value Invoke(napi_env env, napi_callback_info info) {
    auto* object = Unwrap<ProxyGateObject>(env, info);
    return object == nullptr || object->closed_ ? Undefined(env) : (object->*Method)(info);
  }

  /// (fd)
  napi_value Take(napi_callback_info info) {
    gate_.Take(UniqueFd(Arguments<1>(env_, info).Integer(0)));
    return Undefined(env_);
  }
  napi_value Waiting(napi_callback_info) { return Number(env_, static_cast<double>(gate_.Waiting())); }
  napi_value CloseWaiting(napi_callback_info) {
    gate_.CloseWaiting();
    return Undefined(env_);
  }
  napi_value CloseAll(napi_callback_info) {
    Close();
    return Undefined(env_);
  }

  const napi_env env_;
  bool closed_ = false;
  const AsyncContext context_;
  Root self_;
  Root on_passed_;
  Root on_refused_;
  ProxyGate gate_;
};

napi_value ProxyGateObject::Start(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  napi_value self = Object(env, {});
  auto object = std::make_unique<ProxyGateObject>(env, self, arguments);
  Instance::Of(env).open.insert(object.get());
  const std::array<napi_property_descriptor, 4> methods{{
      {"take", nullptr, Invoke<&ProxyGateObject::Take>, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"waiting", nullptr, Invoke<&ProxyGateObject::Waiting>, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"closeWaiting", nullptr, Invoke<&ProxyGateObject::CloseWaiting>, nullptr, nullptr, nullptr, napi_default,
       nullptr},
      {"close", nullptr, Invoke<&ProxyGateObject::CloseAll>, nullptr, nullptr, nullptr, napi_default, nullptr},
  }};
  napi_define_properties(env, self, methods.size(), methods.data());
  napi_finalize finalize = [](napi_env, void* data, void*) {
    std::unique_ptr<ProxyGateObject>(static_cast<ProxyGateObject*>(data)).reset();
  };
  if (napi_wrap(env, self, object.get(), finalize, nullptr, nullptr) == napi_ok) (void)object.release();
  return self;
}

}  // namespace

napi_value StartProxyGate(napi_env env, napi_callback_info info) { return ProxyGateObject::Start(env, info); }

}  // namespace picoev
