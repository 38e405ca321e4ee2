// What an object of the addon needs to live in JavaScript: values kept alive, calls from the loop, a close at the end
// of its environment.
#pragma once

#include <node_api.h>
#include <uv.h>

#include <memory>
#include <unordered_set>
#include <utility>

#include "napi/values.h"

namespace picoev {

class HandleScope {
 public:
  explicit HandleScope(napi_env env) : env_(env) { napi_open_handle_scope(env, &scope_); }
  HandleScope(const HandleScope&) = delete;
  HandleScope& operator=(const HandleScope&) = delete;
  ~HandleScope() { napi_close_handle_scope(env_, scope_); }

 private:
  const napi_env env_;
  napi_handle_scope scope_ = nullptr;
};

/// False when the environment is being torn down, as that of a terminated thread: no JavaScript runs in it any more.
inline bool CanRunJavaScript(napi_env env) {
  const HandleScope scope(env);
  // Node-API has no call that asks for it. This one does nothing, but fails then.
  napi_value ignored = nullptr;
  return napi_coerce_to_bool(env, Undefined(env), &ignored) == napi_ok;
}

/// Keeps a JavaScript value alive.
class Root {
 public:
  Root(napi_env env, napi_value value) : env_(env) { napi_create_reference(env, value, 1, &reference_); }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  ~Root() { Drop(); }

  void Drop() {
    if (reference_ != nullptr) napi_delete_reference(env_, std::exchange(reference_, nullptr));
  }
  /// Null when it was dropped.
  napi_value Get() const {
    napi_value value = nullptr;
    if (reference_ != nullptr) napi_get_reference_value(env_, reference_, &value);
    return value;
  }

 private:
  const napi_env env_;
  napi_ref reference_ = nullptr;
};

/// Makes calls from the loop ones of an async resource: AsyncLocalStorage and async_hooks work in them.
class AsyncContext {
 public:
  AsyncContext(napi_env env, napi_value resource, const char* name) : env_(env) {
    napi_async_init(env, resource, String(env, name), &context_);
  }
  AsyncContext(const AsyncContext&) = delete;
  AsyncContext& operator=(const AsyncContext&) = delete;
  ~AsyncContext() { napi_async_destroy(env_, context_); }

  /// Calls and then runs promise reactions and ticks. What JavaScript throws becomes an uncaughtException. False when
  /// it was not even called, because the environment is being torn down.
  bool Call(napi_value receiver, napi_value function, napi_value argument) const {
    if (napi_make_callback(env_, context_, receiver, function, 1, &argument, nullptr) == napi_ok) return true;
    return Report();
  }

  /// Calls, and nothing else.
  bool CallPlainly(napi_value receiver, napi_value function) const {
    if (napi_call_function(env_, receiver, function, 0, nullptr, nullptr) == napi_ok) return true;
    return Report();
  }

 private:
  bool Report() const {
    bool thrown = false;
    napi_is_exception_pending(env_, &thrown);
    if (!thrown) return false;
    napi_value error = nullptr;
    napi_get_and_clear_last_exception(env_, &error);
    napi_fatal_exception(env_, error);
    return true;
  }

  const napi_env env_;
  napi_async_context context_ = nullptr;
};

/// Something that must be closed before its environment ends.
class OpenObject {
 public:
  virtual void Close() = 0;

 protected:
  ~OpenObject() = default;
};

/// What belongs to one environment: the main thread's or a worker thread's.
struct Instance {
  uv_loop_t* loop = nullptr;
  std::unordered_set<OpenObject*> open;
  /// Made by duplicateFd() and not yet closed: a thread that is terminated leaves none of them behind in its process.
  std::unordered_set<int> duplicates;

  static Instance& Of(napi_env env) {
    void* data = nullptr;
    napi_get_instance_data(env, &data);
    return *static_cast<Instance*>(data);
  }
};

/// The C++ object that a method was called on; null when it was called on something else.
template <typename T>
T* Unwrap(napi_env env, napi_callback_info info) {
  void* object = nullptr;
  napi_unwrap(env, Arguments<0>(env, info).Receiver(), &object);
  return static_cast<T*>(object);
}

/// From now on `self` owns it, which is deleted with that.
template <typename T>
napi_value Wrap(napi_env env, napi_value self, std::unique_ptr<T> object) {
  napi_finalize finalize = [](napi_env, void* data, void*) { std::unique_ptr<T>(static_cast<T*>(data)).reset(); };
  if (napi_wrap(env, self, object.get(), finalize, nullptr, nullptr) == napi_ok) (void)object.release();
  return self;
}

}  // namespace picoev
