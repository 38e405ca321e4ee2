// Between JavaScript's values and C++'s. Only this folder and addon.cc know Node-API.
//
// Statuses are not looked at where a failure only means that the environment is being torn down: the value is then
// null, which JavaScript would see as undefined, if it still ran.
#pragma once

#include <node_api.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/failure.h"

namespace picoev {

napi_value Undefined(napi_env env);
napi_value Number(napi_env env, double number);
napi_value Boolean(napi_env env, bool flag);
napi_value String(napi_env env, std::string_view text);
napi_value Object(napi_env env, std::initializer_list<std::pair<const char*, napi_value>> members);
/// The code as Node names it: `EADDRINUSE`.
std::string SystemCode(int error);
/// An object that describes the failure: src/addon.ts has its type.
napi_value ToValue(napi_env env, const Failure& failure);
/// In UTF-8; empty for anything but a string.
std::string ToText(napi_env env, napi_value string);
/// The bytes of a typed array; empty for anything else.
std::span<uint8_t> BytesOf(napi_env env, napi_value typed_array);

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
  uint32_t Unsigned(size_t index) const {
    uint32_t number = 0;
    napi_get_value_uint32(env_, values_[index], &number);
    return number;
  }
  std::span<uint8_t> Bytes(size_t index) const { return BytesOf(env_, values_[index]); }
  std::string Text(size_t index) const { return ToText(env_, values_[index]); }

 private:
  const napi_env env_;
  std::array<napi_value, N> values_{};
  napi_value receiver_ = nullptr;
};

}  // namespace picoev
