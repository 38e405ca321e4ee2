// The addon as JavaScript sees it. src/addon.ts has the types.
//
// Nothing here throws: a call that failed returns an object that describes the failure, and TypeScript makes the error.
// State is kept for each environment, so that worker threads each have their own.

#include <fcntl.h>
#include <node_api.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include <array>
#include <memory>
#include <utility>

#include "net/datagram.h"
#include "net/listen.h"
#include "watch/alarm.h"
#include "watch/time_slice.h"
#include "napi/acceptor_object.h"
#include "napi/http_loop_object.h"
#include "napi/object.h"
#include "napi/proxy_gate_object.h"
#include "napi/queue_wait_object.h"
#include "napi/stall_watch_object.h"
#include "napi/values.h"
#include "stream/write_now.h"
#include "napi/wire_object.h"

namespace picoev {
namespace {

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

/// (fd) → descriptor or undefined
napi_value AcceptOneFunction(napi_env env, napi_callback_info info) {
  UniqueFd connection = AcceptOne(Arguments<1>(env, info).Integer(0));
  return connection.IsValid() ? Number(env, connection.Release()) : Undefined(env);
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
  const int fd = Arguments<1>(env, info).Integer(0);
  Instance::Of(env).duplicates.erase(fd);
  // The descriptor is gone after EINTR too, and may belong to somebody else by now: never close again.
  if (close(fd) == 0 || errno == EINTR) return Undefined(env);
  return ToValue(env, FromErrno("close"));
}

/// (path, text, descriptor to pass or -1) → undefined
napi_value SendDatagramFunction(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  if (auto failure = SendDatagram(arguments.Text(0), arguments.Text(1), arguments.Integer(2))) return ToValue(env, *failure);
  return Undefined(env);
}

/// (fd) → descriptor
napi_value DuplicateFdFunction(napi_env env, napi_callback_info info) {
  const int fd = fcntl(Arguments<1>(env, info).Integer(0), F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return ToValue(env, FromErrno("fcntl"));
  Instance::Of(env).duplicates.insert(fd);
  return Number(env, fd);
}

/// (fd, bytes) → how many were written
napi_value WriteNowFunction(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  const Result<size_t> result = WriteNow(arguments.Integer(0), arguments.Bytes(1));
  if (const auto* failure = std::get_if<Failure>(&result)) return ToValue(env, *failure);
  return Number(env, static_cast<double>(std::get<size_t>(result)));
}

/// (pid) → whether it was a child that had ended
napi_value ReapChildFunction(napi_env env, napi_callback_info info) {
  siginfo_t ended{};
  const auto pid = static_cast<id_t>(Arguments<1>(env, info).Integer(0));
  const bool answered = waitid(P_PID, pid, &ended, WEXITED | WNOHANG) == 0;
  return Boolean(env, answered && ended.si_pid != 0);
}

/// (seconds, grace) → undefined
napi_value SetAlarmFunction(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  SetAlarm(static_cast<unsigned>(arguments.Integer(0)), static_cast<unsigned>(arguments.Integer(1)));
  return Undefined(env);
}

/// () → whether it is so now
napi_value ShortenTimeSliceFunction(napi_env env, napi_callback_info) { return Boolean(env, ShortenTimeSlice()); }

/// (error) → undefined
napi_value ReportExceptionFunction(napi_env env, napi_callback_info info) {
  napi_fatal_exception(env, Arguments<1>(env, info)[0]);
  return Undefined(env);
}

/// Closes what is still open when an environment ends, and lets the loop turn once more, in which libuv lets go of it.
void CloseAll(napi_async_cleanup_hook_handle hook, void* data) {
  auto* instance = static_cast<Instance*>(data);
  // Each removes itself from the set.
  while (!instance->open.empty()) (*instance->open.begin())->Close();
  for (const int fd : std::exchange(instance->duplicates, {})) close(fd);

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

  const auto functions = std::to_array<std::pair<const char*, napi_callback>>({
      {"listenTcp", ListenTcpFunction},
      {"listenUnix", ListenUnixFunction},
      {"adoptListener", AdoptListenerFunction},
      {"addressOf", AddressOfFunction},
      {"acceptOne", AcceptOneFunction},
      {"measureQueue", MeasureQueue},
      {"closeFd", CloseFdFunction},
      {"duplicateFd", DuplicateFdFunction},
      {"sendDatagram", SendDatagramFunction},
      {"writeNow", WriteNowFunction},
      {"setAlarm", SetAlarmFunction},
      {"shortenTimeSlice", ShortenTimeSliceFunction},
      {"reapChild", ReapChildFunction},
      {"reportException", ReportExceptionFunction},
      {"startAcceptor", StartAcceptor},
      {"startHttpLoop", StartHttpLoop},
      {"startProxyGate", StartProxyGate},
      {"watchStalls", WatchStalls},
  });
  for (const auto& [name, callback] : functions) {
    napi_value function = nullptr;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  }
  napi_set_named_property(env, exports, "wire", WireObject(env));
  return exports;
}

}  // namespace
}  // namespace picoev

NAPI_MODULE_INIT() { return picoev::Initialize(env, exports); }
