#include "napi/js_stack.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "napi/object.h"

namespace picoev {
namespace {

/// Enough to lead from what blocks through any framework to what called it.
constexpr int kFrames = 50;
/// In bytes, of a function's or a script's name.
constexpr size_t kLongestName = 1024;
/// In bytes, of all source maps together.
constexpr size_t kMostMaps = 4 * 1024 * 1024;

/// v8::Location, which is returned by value.
struct Location {
  int line;
  int column;
};

/// Functions of V8, by the names that the C++ ABI of Linux and macOS gives them. A handle of V8 is what Node-API calls a
/// value: the address of a slot, which is also the `this` of the methods.
struct V8 {
  napi_value (*current_stack)(void* isolate, int most, int options);
  int (*count_frames)(napi_value stack);
  napi_value (*frame_at)(napi_value stack, void* isolate, uint32_t index);
  Location (*location)(napi_value frame);
  napi_value (*function_name)(napi_value frame);
  napi_value (*script_name)(napi_value frame);
  napi_value (*source_map)(napi_value frame);

  static const V8* Find() {
    static const V8 found = [] {
      V8 v8{};
      Look(v8.current_stack, "_ZN2v810StackTrace17CurrentStackTraceEPNS_7IsolateEiNS0_17StackTraceOptionsE");
      Look(v8.count_frames, "_ZNK2v810StackTrace13GetFrameCountEv");
      Look(v8.frame_at, "_ZNK2v810StackTrace8GetFrameEPNS_7IsolateEj");
      Look(v8.location, "_ZNK2v810StackFrame11GetLocationEv");
      Look(v8.function_name, "_ZNK2v810StackFrame15GetFunctionNameEv");
      Look(v8.script_name, "_ZNK2v810StackFrame24GetScriptNameOrSourceURLEv");
      Look(v8.source_map, "_ZNK2v810StackFrame25GetScriptSourceMappingURLEv");
      return v8;
    }();
    const bool is_whole = found.current_stack != nullptr && found.count_frames != nullptr &&
                          found.frame_at != nullptr && found.location != nullptr && found.function_name != nullptr &&
                          found.script_name != nullptr && found.source_map != nullptr;
    return is_whole ? &found : nullptr;
  }

 private:
  template <typename Function>
  static void Look(Function& function, const char* symbol) {
    function = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, symbol));
  }
};

/// Everything that V8 has to tell, of scripts of every context: v8::StackTrace::StackTraceOptions.
constexpr int kEverything = 0x1FF;

/// At most `longest` bytes of it; empty for what is no string.
std::string Text(napi_env env, napi_value string, size_t longest) {
  size_t size = 0;
  if (string == nullptr || napi_get_value_string_utf8(env, string, nullptr, 0, &size) != napi_ok) return {};
  std::string text(std::min(size, longest), '\0');
  if (napi_get_value_string_utf8(env, string, text.data(), text.size() + 1, &size) != napi_ok) return {};
  text.resize(size);
  return text;
}

void AppendQuoted(std::string& json, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  json += '"';
  for (const char character : text) {
    const auto byte = static_cast<uint8_t>(character);
    if (byte < 0x20) {
      json += "\\u00";
      json += kHex[byte >> 4];
      json += kHex[byte & 0xF];
    } else {
      if (byte == '"' || byte == '\\') json += '\\';
      json += character;
    }
  }
  json += '"';
}

}  // namespace

bool CanTellStack() { return V8::Find() != nullptr; }

std::string TellStack(napi_env env, void* isolate) {
  const HandleScope scope(env);
  const V8& v8 = *V8::Find();
  const napi_value stack = v8.current_stack(isolate, kFrames, kEverything);
  std::string frames;
  std::string maps;
  std::vector<std::string> scripts;
  const int count = stack == nullptr ? 0 : v8.count_frames(stack);
  for (int index = 0; index < count; ++index) {
    const HandleScope frame_scope(env);
    const napi_value frame = v8.frame_at(stack, isolate, static_cast<uint32_t>(index));
    const std::string script = Text(env, v8.script_name(frame), kLongestName);
    const Location location = v8.location(frame);
    frames += frames.empty() ? "[" : ",[";
    AppendQuoted(frames, Text(env, v8.function_name(frame), kLongestName));
    frames += ',';
    AppendQuoted(frames, script);
    frames += ',' + std::to_string(location.line + 1) + ',' + std::to_string(location.column + 1) + ']';
    if (std::find(scripts.begin(), scripts.end(), script) != scripts.end()) continue;
    scripts.push_back(script);
    const std::string map = Text(env, v8.source_map(frame), kMostMaps);
    if (!map.starts_with("data:") || maps.size() + map.size() >= kMostMaps) continue;
    if (!maps.empty()) maps += ',';
    AppendQuoted(maps, script);
    maps += ':';
    AppendQuoted(maps, map);
  }
  return "\"frames\":[" + frames + "],\"maps\":{" + maps + '}';
}

}  // namespace picoev
