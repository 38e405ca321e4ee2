// The smallest test harness that does: TEST defines and registers a test, CHECK counts a failure and goes on.
#pragma once

#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

namespace picoev::test {

struct Test {
  const char* name;
  void (*run)();
};

inline std::vector<Test>& Tests() {
  static std::vector<Test> tests;
  return tests;
}

inline int& Failures() {
  static int failures = 0;
  return failures;
}

struct Registration {
  Registration(const char* name, void (*run)()) { Tests().push_back({name, run}); }
};

inline void Fail(const char* file, int line, const std::string& text) {
  std::fprintf(stderr, "%s:%d: %s\n", file, line, text.c_str());
  ++Failures();
}

template <typename Actual, typename Expected>
void CheckEqual(const char* file, int line, const char* what, const Actual& actual, const Expected& expected,
                const std::string& context = {}) {
  if (actual == expected) return;
  std::ostringstream text;
  text << what << " is " << actual << ", should be " << expected;
  if (!context.empty()) text << " (" << context << ")";
  Fail(file, line, text.str());
}

/// Runs all tests, prints one line for each, and returns the process's status.
inline int RunAll() {
  for (const Test& test : Tests()) {
    const int before = Failures();
    test.run();
    std::printf("%s %s\n", Failures() == before ? "ok  " : "FAIL", test.name);
  }
  return Failures() == 0 ? 0 : 1;
}

}  // namespace picoev::test

#define PICOEV_JOIN_(a, b) a##b
#define PICOEV_JOIN(a, b) PICOEV_JOIN_(a, b)
#define PICOEV_TEST_(id, name)                                                                            \
  static void PICOEV_JOIN(Test, id)();                                                                    \
  static const ::picoev::test::Registration PICOEV_JOIN(kRegistration, id)(name, &PICOEV_JOIN(Test, id)); \
  static void PICOEV_JOIN(Test, id)()
#define TEST(name) PICOEV_TEST_(__COUNTER__, name)
#define CHECK(condition) \
  if (!(condition)) ::picoev::test::Fail(__FILE__, __LINE__, #condition " does not hold")
/// An optional third argument is text that tells which case it was.
#define CHECK_EQUAL(actual, ...) ::picoev::test::CheckEqual(__FILE__, __LINE__, #actual, actual, __VA_ARGS__)
