#include "napi/endpoint_value.h"

#include "napi/values.h"

namespace picoev {

napi_value ToValue(napi_env env, const std::optional<Endpoint>& endpoint) {
  if (!endpoint) return Undefined(env);
  return Object(env, {{"address", String(env, endpoint->Text())},
                      {"port", Number(env, endpoint->port)},
                      {"family", String(env, endpoint->is_ipv6 ? "IPv6" : "IPv4")}});
}

Networks NetworksOf(napi_env env, napi_value texts) {
  Networks networks;
  uint32_t length = 0;
  napi_get_array_length(env, texts, &length);
  for (uint32_t i = 0; i < length; ++i) {
    napi_value text = nullptr;
    napi_get_element(env, texts, i, &text);
    networks.Add(ToText(env, text));
  }
  return networks;
}

}  // namespace picoev
