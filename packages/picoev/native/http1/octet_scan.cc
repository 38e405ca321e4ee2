#include "http1/octet_scan.h"

#include <bit>

#ifdef __x86_64__
#include <tmmintrin.h>
#endif

namespace picoev {
namespace {

uint32_t SkipOneByOne(const OctetScan& scan, const uint8_t* bytes, uint32_t at, uint32_t stop) {
  while (at < stop && Is(bytes[at], scan.classes)) ++at;
  return at;
}

#ifdef __x86_64__

/// The bit of each high nibble of ASCII; none for the half above.
constexpr std::array<uint8_t, 16> kNibbleBits{1, 2, 4, 8, 16, 32, 64, 128};

__attribute__((target("ssse3"))) inline __m128i Load(const uint8_t* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

/// A bit for each of sixteen octets: whether it is outside of the class.
__attribute__((target("ssse3"))) inline uint32_t Outside(const OctetScan& scan, __m128i octets) {
  const __m128i nibble = _mm_set1_epi8(0x0f);
  const __m128i allowed = _mm_shuffle_epi8(Load(scan.high_nibbles.data()), _mm_and_si128(octets, nibble));
  const __m128i bit = _mm_shuffle_epi8(Load(kNibbleBits.data()), _mm_and_si128(_mm_srli_epi16(octets, 4), nibble));
  const __m128i outside = _mm_cmpeq_epi8(_mm_and_si128(allowed, bit), _mm_setzero_si128());
  const auto found = static_cast<uint32_t>(_mm_movemask_epi8(outside));
  return scan.has_high_half ? found & ~static_cast<uint32_t>(_mm_movemask_epi8(octets)) : found;
}

__attribute__((target("ssse3"))) uint32_t SkipSixteen(const OctetScan& scan, const uint8_t* bytes, uint32_t at,
                                                      uint32_t stop) {
  for (; at + 16 <= stop; at += 16) {
    const uint32_t found = Outside(scan, Load(bytes + at));
    if (found != 0) return at + static_cast<uint32_t>(std::countr_zero(found));
  }
  if (stop < 16 || at >= stop) return SkipOneByOne(scan, bytes, at, stop);
  // The last sixteen, of which some were looked at before: no octet is read from `stop` on.
  const uint32_t found = Outside(scan, Load(bytes + stop - 16)) >> (at - (stop - 16));
  return found == 0 ? stop : at + static_cast<uint32_t>(std::countr_zero(found));
}

const bool kHasSsse3 = __builtin_cpu_supports("ssse3") != 0;

#endif

}  // namespace

uint32_t SkipOctets(const OctetScan& scan, const uint8_t* bytes, uint32_t at, uint32_t stop) {
#ifdef __x86_64__
  if (kHasSsse3) return SkipSixteen(scan, bytes, at, stop);
#endif
  return SkipOneByOne(scan, bytes, at, stop);
}

}  // namespace picoev
