// Looking up sixteen octets at once finds what looking up each one finds.
#include "http1/octet_scan.h"

#include <vector>

#include "check.h"
#include "random.h"

namespace picoev {
namespace {

TEST("a scan ends at the first octet that is not of its class, wherever it begins and ends") {
  test::Random random(3);
  for (const OctetScan* scan : {&kScanToken, &kScanTarget, &kScanFieldValue}) {
    for (uint32_t octet = 0; octet < 256; ++octet) {
      for (int round = 0; round < 40; ++round) {
        // In memory of its exact size, for AddressSanitizer.
        std::vector<uint8_t> bytes(1 + random.Below(60), 'a');
        const auto size = static_cast<uint32_t>(bytes.size());
        const uint32_t place = random.Below(size);
        bytes[place] = static_cast<uint8_t>(octet);
        const uint32_t at = random.Below(size + 1);
        const bool ends = place >= at && !Is(static_cast<uint8_t>(octet), scan->classes);
        CHECK_EQUAL(SkipOctets(*scan, bytes.data(), at, size), ends ? place : size);
      }
    }
  }
}

}  // namespace
}  // namespace picoev
