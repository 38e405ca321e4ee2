#include "napi/queue_wait_object.h"

#include <memory>

#include "napi/object.h"
#include "napi/values.h"
#include "net/queue_wait.h"

namespace picoev {
namespace {

/// The JavaScript object that stands for it owns this.
class QueueWaitObject final : public OpenObject {
 public:
  explicit QueueWaitObject(napi_env env) : env_(env), wait_(new QueueWait(Instance::Of(env).loop)) {
    Instance::Of(env).open.insert(this);
  }
  QueueWaitObject(const QueueWaitObject&) = delete;
  QueueWaitObject& operator=(const QueueWaitObject&) = delete;
  ~QueueWaitObject() { Close(); }

  void Close() override {
    wait_.reset();
    Instance::Of(env_).open.erase(this);
  }

  /// (fd) → milliseconds
  static napi_value Of(napi_env env, napi_callback_info info) {
    const Arguments<1> arguments(env, info);
    const auto* object = Unwrap<QueueWaitObject>(env, info);
    const bool is_open = object != nullptr && object->wait_;
    return Number(env, is_open ? static_cast<double>(object->wait_->Of(arguments.Integer(0))) : 0);
  }

 private:
  const napi_env env_;
  std::unique_ptr<QueueWait> wait_;
};

}  // namespace

napi_value MeasureQueue(napi_env env, napi_callback_info) {
  auto object = std::make_unique<QueueWaitObject>(env);
  const napi_value self = Object(env, {});
  const napi_property_descriptor of{"of",    nullptr, QueueWaitObject::Of, nullptr,
                                    nullptr, nullptr, napi_default,        nullptr};
  napi_define_properties(env, self, 1, &of);
  return Wrap(env, self, std::move(object));
}

}  // namespace picoev
