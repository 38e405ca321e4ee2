#include "napi/stall_watch_object.h"

#include <memory>

#include "watch/stall_watch.h"
#include "napi/object.h"
#include "napi/values.h"

namespace picoev {
namespace {

/// The JavaScript object that stands for it owns this; it watches until the environment ends.
class StallWatchObject final : public OpenObject {
 public:
  StallWatchObject(napi_env env, napi_value on_stall) : env_(env), on_stall_(env, on_stall) {
    watch_ = StallWatch::Start([this](StallWatch::Milliseconds stalled) { Tell(stalled); });
    if (watch_) Instance::Of(env).open.insert(this);
  }
  StallWatchObject(const StallWatchObject&) = delete;
  StallWatchObject& operator=(const StallWatchObject&) = delete;
  ~StallWatchObject() { Close(); }

  bool IsWatching() const { return watch_ != nullptr; }

  void Close() override {
    watch_.reset();
    on_stall_.Drop();
    Instance::Of(env_).open.erase(this);
  }

  /// (limit in milliseconds) → undefined
  static napi_value Beat(napi_env env, napi_callback_info info) {
    const StallWatch::Milliseconds limit(Arguments<1>(env, info).Integer(0));
    auto* object = Unwrap<StallWatchObject>(env, info);
    if (object != nullptr && object->watch_) object->watch_->Beat(limit);
    return Undefined(env);
  }

 private:
  /// Amid other JavaScript: no ticks or promise reactions are run, and an error must not reach what was interrupted.
  void Tell(StallWatch::Milliseconds stalled) const {
    const HandleScope scope(env_);
    const napi_value argument = Number(env_, static_cast<double>(stalled.count()));
    if (napi_call_function(env_, Undefined(env_), on_stall_.Get(), 1, &argument, nullptr) == napi_ok) return;
    napi_value error = nullptr;
    napi_get_and_clear_last_exception(env_, &error);
  }

  const napi_env env_;
  Root on_stall_;
  std::unique_ptr<StallWatch> watch_;
};

}  // namespace

napi_value WatchStalls(napi_env env, napi_callback_info info) {
  auto object = std::make_unique<StallWatchObject>(env, Arguments<1>(env, info)[0]);
  if (!object->IsWatching()) return Undefined(env);
  const napi_value self = Object(env, {});
  const napi_property_descriptor beat{"beat",  nullptr, StallWatchObject::Beat, nullptr,
                                      nullptr, nullptr, napi_default,           nullptr};
  napi_define_properties(env, self, 1, &beat);
  napi_finalize finalize = [](napi_env, void* data, void*) {
    std::unique_ptr<StallWatchObject>(static_cast<StallWatchObject*>(data)).reset();
  };
  if (napi_wrap(env, self, object.get(), finalize, nullptr, nullptr) == napi_ok) (void)object.release();
  return self;
}

}  // namespace picoev
