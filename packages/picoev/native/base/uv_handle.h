// A libuv handle with one owner: closed when that goes, freed when libuv has let go of it, one turn of the loop later.
#pragma once

#include <uv.h>

#include <memory>

namespace picoev {

template <typename T>
struct CloseUvHandle {
  void operator()(T* handle) const {
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { std::unique_ptr<T>(reinterpret_cast<T*>(closed)).reset(); });
  }
};

/// Only for handles that were initialised: libuv must know what it closes.
template <typename T>
using UvHandle = std::unique_ptr<T, CloseUvHandle<T>>;

/// For the uv_*_init functions that cannot fail. `owner` is what the handle's callback finds in `data`.
template <typename T>
UvHandle<T> MakeUvHandle(int (*init)(uv_loop_t*, T*), uv_loop_t* loop, void* owner) {
  UvHandle<T> handle(new T{});
  init(loop, handle.get());
  handle->data = owner;
  return handle;
}

/// As above, for a handle that need not keep the loop alive.
template <typename T>
UvHandle<T> MakeUnreferencedUvHandle(int (*init)(uv_loop_t*, T*), uv_loop_t* loop, void* owner) {
  UvHandle<T> handle = MakeUvHandle(init, loop, owner);
  uv_unref(reinterpret_cast<uv_handle_t*>(handle.get()));
  return handle;
}

}  // namespace picoev
