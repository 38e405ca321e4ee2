// The addon as JavaScript sees it; the only file that knows Node-API. src/addon.ts has the types.
//
// Nothing here throws: a call that failed returns an object that describes the failure, and TypeScript makes the error.
// State is kept for each environment, so that worker threads each have their own.

#include <netdb.h>
#include <node_api.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include <array>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "acceptor.h"
#include "listen.h"

namespace picoev {
namespace {

// Values. Statuses are not looked at where a failure only means that the environment is being torn down: the value is
// then null, which JavaScript would see as undefined, if it still ran.

napi_value Undefined(napi_env env) {
  napi_value value = nullptr;
  napi_get_undefined(env, &value);
  return value;
}

napi_value Number(napi_env env, double number) {
  napi_value value = nullptr;
  napi_create_double(env, number, &value);
  return value;
}

napi_value Boolean(napi_env env, bool flag) {
  napi_value value = nullptr;
  napi_get_boolean(env, flag, &value);
  return value;
}

napi_value String(napi_env env, const std::string& text) {
  napi_value value = nullptr;
  napi_create_string_utf8(env, text.data(), text.size(), &value);
  return value;
}

napi_value Object(napi_env env, std::initializer_list<std::pair<const char*, napi_value>> members) {
  napi_value object = nullptr;
  napi_create_object(env, &object);
  for (const auto& [name, value] : members) napi_set_named_property(env, object, name, value);
  return object;
}

/// The code as Node's dns module names it, with libuv's number for it.
std::pair<int, const char*> ResolverCode(int error) {
  switch (error) {
    case EAI_NONAME:
#ifdef EAI_NODATA
    case EAI_NODATA:
#endif
      return {UV_EAI_NONAME, "ENOTFOUND"};
    case EAI_AGAIN:
      return {UV_EAI_AGAIN, "EAI_AGAIN"};
    default:
      return {UV_EAI_FAIL, "EAI_FAIL"};
  }
}

std::string SystemCode(int error) {
  char name[32];
  return uv_err_name_r(uv_translate_sys_error(error), name, sizeof name);
}

napi_value ToValue(napi_env env, const Failure& failure) {
  int number = uv_translate_sys_error(failure.error);
  std::string code = SystemCode(failure.error);
  std::string reason = failure.reason;
  if (failure.domain == Failure::Domain::kResolver) {
    std::tie(number, code) = ResolverCode(failure.error);
    reason = gai_strerror(failure.error);
  } else if (reason.empty()) {
    char text[128];
    reason = uv_strerror_r(number, text, sizeof text);
  }
  return Object(env, {{"syscall", String(env, failure.syscall)},
                      {"errno", Number(env, number)},
                      {"code", String(env, code)},
                      {"reason", String(env, reason)}});
}

/// The arguments of a call. TypeScript has checked them; one of another type reads as zero or empty.
template <size_t N>
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = N;
    napi_get_cb_info(env, info, &count, values_.data(), &receiver_, nullptr);
  }

  napi_value operator[](size_t index) const { return values_[index]; }
  napi_value Receiver() const { return receiver_; }

  int Integer(size_t index) const {
    int32_t number = 0;
    napi_get_value_int32(env_, values_[index], &number);
    return number;
  }
  bool Flag(size_t index) const {
    bool flag = false;
    napi_get_value_bool(env_, values_[index], &flag);
    return flag;
  }
  std::string Text(size_t index) const {
    size_t size = 0;
    if (napi_get_value_string_utf8(env_, values_[index], nullptr, 0, &size) != napi_ok) return {};
    std::string text(size, '\0');
    napi_get_value_string_utf8(env_, values_[index], text.data(), size + 1, &size);
    return text;
  }

 private:
  const napi_env env_;
  std::array<napi_value, N> values_{};
  napi_value receiver_ = nullptr;
};

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
  AsyncContext(napi_env env, napi_value resource) : env_(env) {
    napi_async_init(env, resource, String(env, "QilinAcceptor"), &context_);
  }
  AsyncContext(const AsyncContext&) = delete;
  AsyncContext& operator=(const AsyncContext&) = delete;
  ~AsyncContext() { napi_async_destroy(env_, context_); }

  /// Calls and then runs promise reactions and ticks. What JavaScript throws becomes an uncaughtException. False when
  /// it was not even called, because the environment is being torn down.
  bool Call(napi_value receiver, napi_value function, napi_value argument) const {
    if (napi_make_callback(env_, context_, receiver, function, 1, &argument, nullptr) == napi_ok) return true;
    bool thrown = false;
    napi_is_exception_pending(env_, &thrown);
    if (!thrown) return false;
    napi_value error = nullptr;
    napi_get_and_clear_last_exception(env_, &error);
    napi_fatal_exception(env_, error);
    return true;
  }

 private:
  const napi_env env_;
  napi_async_context context_ = nullptr;
};

class AcceptorObject;

/// What belongs to one environment: the main thread's or a worker thread's.
struct Instance {
  uv_loop_t* loop = nullptr;
  std::unordered_set<AcceptorObject*> open_acceptors;

  static Instance& Of(napi_env env) {
    void* data = nullptr;
    napi_get_instance_data(env, &data);
    return *static_cast<Instance*>(data);
  }
};

/// An acceptor and the JavaScript object that stands for it, which owns this. While it is open it keeps that object
/// alive.
class AcceptorObject final : public Acceptor::Owner {
 public:
  static napi_value Start(napi_env env, napi_callback_info info);

  AcceptorObject(napi_env env, napi_value self, napi_value on_connection, napi_value on_exhausted, napi_value on_broken)
      : env_(env),
        context_(env, self),
        self_(env, self),
        on_connection_(env, on_connection),
        on_exhausted_(env, on_exhausted),
        on_broken_(env, on_broken) {}
  AcceptorObject(const AcceptorObject&) = delete;
  AcceptorObject& operator=(const AcceptorObject&) = delete;
  ~AcceptorObject() { Close(); }

  void Close() {
    if (std::exchange(closed_, true)) return;
    if (acceptor_) acceptor_->Close();
    Instance::Of(env_).open_acceptors.erase(this);
    for (Root* root : {&self_, &on_connection_, &on_exhausted_, &on_broken_}) root->Drop();
  }

  void OnConnection(UniqueFd connection) override {
    const HandleScope scope(env_);
    const int fd = connection.Get();
    // From here it is JavaScript's, even when that throws: it may have been stored by then.
    if (context_.Call(self_.Get(), on_connection_.Get(), Number(env_, fd))) (void)connection.Release();
  }

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
  static AcceptorObject* Unwrap(napi_env env, napi_callback_info info) {
    void* object = nullptr;
    napi_unwrap(env, Arguments<0>(env, info).Receiver(), &object);
    return static_cast<AcceptorObject*>(object);
  }

  template <void (AcceptorObject::*Method)()>
  static napi_value Invoke(napi_env env, napi_callback_info info) {
    if (AcceptorObject* object = Unwrap(env, info)) (object->*Method)();
    return Undefined(env);
  }

  void Pause() { acceptor_->Pause(); }
  void Resume() { acceptor_->Resume(); }
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
  instance.open_acceptors.insert(object.get());

  const std::array<napi_property_descriptor, 4> methods{{
      {"pause", nullptr, Invoke<&AcceptorObject::Pause>, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"resume", nullptr, Invoke<&AcceptorObject::Resume>, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"close", nullptr, Invoke<&AcceptorObject::Close>, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"stats", nullptr, Stats, nullptr, nullptr, nullptr, napi_default, nullptr},
  }};
  napi_define_properties(env, self, methods.size(), methods.data());
  napi_finalize finalize = [](napi_env, void* data, void*) {
    std::unique_ptr<AcceptorObject>(static_cast<AcceptorObject*>(data)).reset();
  };
  if (napi_wrap(env, self, object.get(), finalize, nullptr, nullptr) == napi_ok) (void)object.release();
  return self;
}

napi_value AcceptorObject::Stats(napi_env env, napi_callback_info info) {
  AcceptorObject* object = Unwrap(env, info);
  if (object == nullptr) return Undefined(env);
  const Acceptor::Stats& stats = object->acceptor_->GetStats();
  return Object(env, {{"wakeups", Number(env, stats.wakeups)},
                      {"accepted", Number(env, stats.accepted)},
                      {"empty", Number(env, stats.empty)},
                      {"aborted", Number(env, stats.aborted)},
                      {"exhausted", Number(env, stats.exhausted)}});
}

napi_value ToFd(napi_env env, Result<UniqueFd> result) {
  if (const auto* failure = std::get_if<Failure>(&result)) return ToValue(env, *failure);
  return Number(env, std::get<UniqueFd>(result).Release());
}

/// (host, port, backlog, reusePort, ipv6Only) → descriptor
napi_value ListenTcpFunction(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  const TcpOptions options{
      .backlog = arguments.Integer(2), .reuse_port = arguments.Flag(3), .ipv6_only = arguments.Flag(4)};
  return ToFd(env, ListenTcp(arguments.Text(0), static_cast<uint16_t>(arguments.Integer(1)), options));
}

/// (path, backlog, mode or -1) → descriptor
napi_value ListenUnixFunction(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const int mode = arguments.Integer(2);
  const auto permissions = mode < 0 ? std::nullopt : std::optional<mode_t>(static_cast<mode_t>(mode));
  return ToFd(env, ListenUnix(arguments.Text(0), arguments.Integer(1), permissions));
}

/// (fd, backlog) → descriptor
napi_value AdoptListenerFunction(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  const int fd = arguments.Integer(0);
  if (auto failure = AdoptListener(fd, arguments.Integer(1))) return ToValue(env, *failure);
  return Number(env, fd);
}

/// (fd) → { host, port } or { path }
napi_value AddressOfFunction(napi_env env, napi_callback_info info) {
  const Result<BoundAddress> result = AddressOf(Arguments<1>(env, info).Integer(0));
  if (const auto* failure = std::get_if<Failure>(&result)) return ToValue(env, *failure);
  const auto& address = std::get<BoundAddress>(result);
  if (const auto* local = std::get_if<UnixAddress>(&address)) return Object(env, {{"path", String(env, local->path)}});
  const auto& tcp = std::get<TcpAddress>(address);
  return Object(env, {{"host", String(env, tcp.host)}, {"port", Number(env, tcp.port)}});
}

/// (fd) → undefined
napi_value CloseFdFunction(napi_env env, napi_callback_info info) {
  // The descriptor is gone after EINTR too, and may belong to somebody else by now: never close again.
  if (close(Arguments<1>(env, info).Integer(0)) == 0 || errno == EINTR) return Undefined(env);
  return ToValue(env, FromErrno("close"));
}

/// (pid) → whether it was a child that had ended
napi_value ReapChildFunction(napi_env env, napi_callback_info info) {
  siginfo_t ended{};
  const auto pid = static_cast<id_t>(Arguments<1>(env, info).Integer(0));
  const bool answered = waitid(P_PID, pid, &ended, WEXITED | WNOHANG) == 0;
  return Boolean(env, answered && ended.si_pid != 0);
}

/// (seconds) → undefined
napi_value SetAlarmFunction(napi_env env, napi_callback_info info) {
  alarm(static_cast<unsigned>(Arguments<1>(env, info).Integer(0)));
  return Undefined(env);
}

/// Closes what is still open when an environment ends, and lets the loop turn once more, in which libuv lets go of it.
void CloseAll(napi_async_cleanup_hook_handle hook, void* data) {
  auto* instance = static_cast<Instance*>(data);
  // Each removes itself from the set.
  while (!instance->open_acceptors.empty()) (*instance->open_acceptors.begin())->Close();

  auto last = std::make_unique<uv_idle_t>();
  uv_idle_init(instance->loop, last.get());
  last->data = hook;
  uv_close(reinterpret_cast<uv_handle_t*>(last.release()), [](uv_handle_t* handle) {
    const std::unique_ptr<uv_idle_t> closed(reinterpret_cast<uv_idle_t*>(handle));
    napi_remove_async_cleanup_hook(static_cast<napi_async_cleanup_hook_handle>(closed->data));
  });
}

napi_value Initialize(napi_env env, napi_value exports) {
  auto instance = std::make_unique<Instance>();
  napi_get_uv_event_loop(env, &instance->loop);
  napi_add_async_cleanup_hook(env, CloseAll, instance.get(), nullptr);
  napi_finalize finalize = [](napi_env, void* data, void*) {
    std::unique_ptr<Instance>(static_cast<Instance*>(data)).reset();
  };
  if (napi_set_instance_data(env, instance.get(), finalize, nullptr) == napi_ok) (void)instance.release();

  const std::array<std::pair<const char*, napi_callback>, 8> functions{{
      {"listenTcp", ListenTcpFunction},
      {"listenUnix", ListenUnixFunction},
      {"adoptListener", AdoptListenerFunction},
      {"addressOf", AddressOfFunction},
      {"closeFd", CloseFdFunction},
      {"setAlarm", SetAlarmFunction},
      {"reapChild", ReapChildFunction},
      {"startAcceptor", AcceptorObject::Start},
  }};
  for (const auto& [name, callback] : functions) {
    napi_value function = nullptr;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  }
  return exports;
}

}  // namespace
}  // namespace picoev

NAPI_MODULE_INIT() { return picoev::Initialize(env, exports); }
