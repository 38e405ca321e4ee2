// Runs the tests that are linked in. With --fail, one check that fails: proof that failing is possible.
#include <string_view>

#include "check.h"

int main(int count, char** arguments) {
  if (count > 1 && std::string_view(arguments[1]) == "--fail") {
    CHECK_EQUAL(1 + 0, 2);
    return picoev::test::Failures() == 1 ? 1 : 0;
  }
  return picoev::test::RunAll();
}
