#include "sepal/base/half.h"

#include <cmath>

namespace sepal {

Half::Half(float value) {
  const auto u = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (u >> 16) & 0x8000U;
  const std::uint32_t magnitude = u & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) {  // NaN
    bits = static_cast<std::uint16_t>(sign | 0x7E00U);
  } else if (magnitude >= 0x477FF000U) {  // rounds to 2^16 or more: infinity
    bits = static_cast<std::uint16_t>(sign | 0x7C00U);
  } else if (magnitude < 0x38800000U) {  // below 2^-14: subnormal, a multiple of 2^-24
    // nearbyint rounds to nearest even in the default rounding mode; the scaling is exact.
    const float steps = std::nearbyint(std::bit_cast<float>(magnitude) * 16777216.0F);
    bits = static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(steps));
  } else {
    const std::uint32_t rounded = magnitude + 0xFFFU + ((magnitude >> 13) & 1U);
    bits = static_cast<std::uint16_t>(sign | ((rounded - 0x38000000U) >> 13));
  }
}

Half::operator float() const {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1FU;
  const std::uint32_t fraction = bits & 0x3FFU;
  if (exponent == 0) {
    const float value = static_cast<float>(fraction) * (1.0F / 16777216.0F);
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
  }
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000U | (fraction << 13));
  return std::bit_cast<float>(sign | ((exponent + 112U) << 23) | (fraction << 13));
}

}  // namespace sepal
