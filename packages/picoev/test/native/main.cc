#include "check.h"

int main() { return picoev::test::RunAll(); }
