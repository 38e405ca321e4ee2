{
  "targets": [
    {
      "target_name": "picoev",
      "sources": [
        "native/acceptor.cc",
        "native/addon.cc",
        "native/authority.cc",
        "native/chunked_decoder.cc",
        "native/connection.cc",
        "native/head_facts.cc",
        "native/http1_parser.cc",
        "native/listen.cc",
        "native/listener_watch.cc",
        "native/deadlines.cc",
        "native/loop.cc",
        "native/loop_answers.cc",
        "native/loop_connections.cc",
        "native/napi/acceptor_object.cc",
        "native/napi/http_loop_object.cc",
        "native/napi/values.cc",
        "native/poller.cc",
        "native/poller_epoll.cc",
        "native/poller_poll.cc",
        "native/poller_select.cc",
        "native/response.cc",
        "native/sleeper.cc",
        "native/timers.cc",
      ],
      "defines": ["NAPI_VERSION=8"],
      "cflags": [
        "-Wall",
        "-Wextra",
        "-Werror",
        "-fstack-protector-strong",
        # Some distributions predefine it with another value.
        "-U_FORTIFY_SOURCE",
        "-D_FORTIFY_SOURCE=2",
        "-fvisibility=hidden",
      ],
      "cflags_cc!": ["-std=gnu++17"],
      "cflags_cc": ["-std=gnu++20", "-fno-exceptions", "-fno-rtti"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "gnu++20",
        "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
        "GCC_ENABLE_CPP_RTTI": "NO",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "GCC_TREAT_WARNINGS_AS_ERRORS": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "OTHER_CFLAGS": ["-Wall", "-Wextra", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2"],
      },
    }
  ]
}
