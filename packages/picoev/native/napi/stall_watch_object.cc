#include "napi/stall_watch_object.h"

#include <memory>

#include "napi/js_stack.h"
#include "napi/object.h"
#include "napi/values.h"
#include "watch/stall_watch.h"

namespace picoev {
namespace {

/// The JavaScript object that stands for it owns this; it watches until the environment ends.
class StallWatchObject final : public OpenObject {
 public:
  StallWatchObject(napi_env env, int fd, int number) : env_(env) {
    Instance& instance = Instance::Of(env);
    watch_ = StallWatch::Start(instance.loop, fd, number, [env](void* isolate) { return TellStack(env, isolate); });
    if (watch_) instance.open.insert(this);
  }
  StallWatchObject(const StallWatchObject&) = delete;
  StallWatchObject& operator=(const StallWatchObject&) = delete;
  ~StallWatchObject() { Close(); }

  bool IsWatching() const { return watch_ != nullptr; }

  void Close() override {
    watch_.reset();
    Instance::Of(env_).open.erase(this);
  }

  /// (limit, warning: in milliseconds) → undefined
  static napi_value Beat(napi_env env, napi_callback_info info) {
    const Arguments<2> arguments(env, info);
    auto* object = Unwrap<StallWatchObject>(env, info);
    const StallWatch::Milliseconds limit(arguments.Integer(0));
    const StallWatch::Milliseconds warning(arguments.Integer(1));
    if (object != nullptr && object->watch_) object->watch_->Beat(limit, warning);
    return Undefined(env);
  }

 private:
  const napi_env env_;
  std::unique_ptr<StallWatch> watch_;
};

}  // namespace

napi_value WatchStalls(napi_env env, napi_callback_info info) {
  if (!CanTellStack()) return Undefined(env);
  const Arguments<2> arguments(env, info);
  auto object = std::make_unique<StallWatchObject>(env, arguments.Integer(0), arguments.Integer(1));
  if (!object->IsWatching()) return Undefined(env);
  const napi_value self = Object(env, {});
  const napi_property_descriptor beat{"beat",  nullptr, StallWatchObject::Beat, nullptr,
                                      nullptr, nullptr, napi_default,           nullptr};
  napi_define_properties(env, self, 1, &beat);
  return Wrap(env, self, std::move(object));
}

}  // namespace picoev
