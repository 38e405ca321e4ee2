#include "napi/values.h"

#include <netdb.h>
#include <uv.h>

#include <tuple>

namespace picoev {
namespace {

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

/// Of an element. One of a kind that came later counts as a byte: too little is taken rather than too much.
size_t SizeOf(napi_typedarray_type type) {
  switch (type) {
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
    default:
      return 1;
  }
}

}  // namespace

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

napi_value String(napi_env env, std::string_view text) {
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

std::string ToText(napi_env env, napi_value string) {
  size_t size = 0;
  if (napi_get_value_string_utf8(env, string, nullptr, 0, &size) != napi_ok) return {};
  std::string text(size, '\0');
  napi_get_value_string_utf8(env, string, text.data(), size + 1, &size);
  return text;
}

std::span<uint8_t> BytesOf(napi_env env, napi_value typed_array) {
  napi_typedarray_type type = napi_uint8_array;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, typed_array, &type, &length, &data, nullptr, nullptr) != napi_ok) return {};
  return {static_cast<uint8_t*>(data), length * SizeOf(type)};
}

}  // namespace picoev
