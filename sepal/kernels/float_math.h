// exp, log, tanh and their relatives as straight-line arithmetic, so that the compiler vectorises a loop that
// calls them; the C library's functions are calls that it cannot. They are always inlined, as a call of these
// would undo it. The same bits on every machine and in every lane. Double goes to the C library.
//
// Polynomials are minimax fits (Remez) of the functions named beside them. Errors are the largest found over
// every seventh float32, in units in the last place (ulp) of the exact result.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace sepal::kernels {

namespace detail {

// Adding and taking away 1.5 * 2^23 rounds a float below 2^22 to the nearest whole number; the sum's low bits
// are that number.
inline constexpr float kRounder = 12582912.0F;

// 2^n for n in [-126, 127].
[[gnu::always_inline]] inline float power_of_two(std::int32_t n) {
  return std::bit_cast<float>((n + 127) << 23);
}

// x = n ln 2 + r with |r| <= ln 2 / 2 and n whole. ln 2 comes in two parts, the first short enough for its
// product with n to be exact.
struct Reduced {
  float r;
  std::int32_t n;
};

[[gnu::always_inline]] inline Reduced reduce_by_ln2(float x) {
  const float rounded = x * 1.44269504088896341F + kRounder;
  const float whole = rounded - kRounder;
  const float r = (x - whole * 0.693359375F) - whole * -2.12194440e-4F;
  return {r, std::bit_cast<std::int32_t>(rounded) - std::bit_cast<std::int32_t>(kRounder)};
}

// exp(r) - 1 for |r| <= ln 2 / 2.
[[gnu::always_inline]] inline float expm1_near_zero(float r) {
  float q = 1.9789260e-4F;
  q = q * r + 1.3945752e-3F;
  q = q * r + 8.3335042e-3F;
  q = q * r + 4.1666280e-2F;
  q = q * r + 1.6666666e-1F;
  q = q * r + 0.5F;
  return r + r * r * q;
}

[[gnu::always_inline]] inline float clamp(float x, float low, float high) {
  const float raised = x < low ? low : x;
  return raised > high ? high : raised;
}

}  // namespace detail

/// e^x; 1 ulp.
[[gnu::always_inline]] inline float exp(float x) {
  // Beyond these bounds the result is 0 or infinity. 2^n is applied in two steps: n passes the range of one
  // exponent at both ends.
  const auto [r, n] = detail::reduce_by_ln2(detail::clamp(x, -104.0F, 89.0F));
  const std::int32_t half = n >> 1;
  return (1.0F + detail::expm1_near_zero(r)) * detail::power_of_two(half) * detail::power_of_two(n - half);
}

/// e^x - 1 without cancellation near 0; 2 ulp.
[[gnu::always_inline]] inline float expm1(float x) {
  const auto [r, n] = detail::reduce_by_ln2(detail::clamp(x, -26.0F, 89.0F));
  // 2^n (p + 1) - 1 at half its size, as 2^128 is no float.
  const float half_scale = detail::power_of_two(n - 1);
  const float p = detail::expm1_near_zero(r);
  return 2.0F * (half_scale * p + (half_scale - 0.5F));
}

namespace detail {

// log(x) + shift ln 2 for positive normal x.
[[gnu::always_inline]] inline float log_of_normal(float x, float shift) {
  // m in [sqrt(1/2), sqrt(2)): 0x3F3504F3 is sqrt(1/2).
  // Unsigned, because every x comes here, also those whose result is thrown away.
  const auto bits = static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(x) - 0x3F3504F3U);
  const float m = std::bit_cast<float>((bits & 0x007FFFFF) + 0x3F3504F3);
  const float n = static_cast<float>(bits >> 23) + shift;
  const float f = m - 1.0F;
  float q = 6.9155410e-2F;
  q = q * f + -1.1789865e-1F;
  q = q * f + 1.1872926e-1F;
  q = q * f + -1.2384335e-1F;
  q = q * f + 1.4218664e-1F;
  q = q * f + -1.6669253e-1F;
  q = q * f + 2.0002227e-1F;
  q = q * f + -2.4999987e-1F;
  q = q * f + 3.3333310e-1F;
  const float square = f * f;
  const float tail = square * f * q - 0.5F * square;
  return n * 0.693359375F + (f + (tail + n * -2.12194440e-4F));
}

}  // namespace detail

/// Natural logarithm; 1 ulp. -infinity of 0, NaN below.
[[gnu::always_inline]] inline float log(float x) {
  // Denormals are brought into the normal range first.
  const bool is_tiny = x < std::numeric_limits<float>::min();
  const float result = detail::log_of_normal(is_tiny ? x * 8388608.0F : x, is_tiny ? -23.0F : 0.0F);
  const float infinity = std::numeric_limits<float>::infinity();
  const float special = x < 0.0F ? std::numeric_limits<float>::quiet_NaN() : (x == 0.0F ? -infinity : x);
  const bool is_regular = (x > 0.0F) & (x < infinity);
  return is_regular ? result : special;
}

/// log(1 + x) for x >= 0; 2 ulp.
[[gnu::always_inline]] inline float log1p(float x) {
  // What rounding 1 + x lost comes back to first order.
  const float sum = 1.0F + x;
  const float lost = x - (sum - 1.0F);
  const float result = detail::log_of_normal(sum, 0.0F) + lost / sum;
  return x < std::numeric_limits<float>::infinity() ? result : x;
}

/// 2 ulp.
[[gnu::always_inline]] inline float tanh(float x) {
  const float size = std::abs(x);
  const float square = x * x;
  // Near 0: x + x^3 q(x^2).
  float q = 2.1475402e-3F;
  q = q * square + -8.1826784e-3F;
  q = q * square + 2.1702969e-2F;
  q = q * square + -5.3947203e-2F;
  q = q * square + 1.3333210e-1F;
  q = q * square + -3.3333331e-1F;
  const float near = x + x * square * q;
  const float far = 1.0F - 2.0F / (exp(2.0F * size) + 1.0F);
  return size < 0.625F ? near : std::copysign(far, x);
}

/// 1 / (1 + e^-x); 3 ulp.
[[gnu::always_inline]] inline float sigmoid(float x) {
  const float e = exp(-std::abs(x));
  return (x < 0.0F ? e : 1.0F) / (1.0F + e);
}

/// Distribution function of the normal distribution, 0.5 erfc(-x / sqrt(2)). Relative error 3e-7 + 5e-8 x^2.
[[gnu::always_inline]] inline float normal_distribution(float x) {
  const float square = x * x;
  // |x| < 1: odd around 1/2.
  float p = -7.5861405e-6F;
  p = p * square + 1.1333186e-4F;
  p = p * square + -1.1862093e-3F;
  p = p * square + 9.9732857e-3F;
  p = p * square + -6.6490360e-2F;
  p = p * square + 3.9894229e-1F;
  const float middle = 0.5F + x * p;
  // Beyond: erfc(z) = t exp(q(t) - z^2), t = 1 / (1 + z/2), as erfc falls like exp(-z^2) / z. The fit is
  // around t = 0.45, where its coefficients are small.
  const float t = 1.0F / (1.0F + 0.353553390593273762F * std::abs(x));
  const float u = t - 0.45F;
  float q = -1.5465792e-1F;
  q = q * u + -2.0151258e-1F;
  q = q * u + 2.0749970e-1F;
  q = q * u + 2.3042315e-1F;
  q = q * u + -2.2291635e-1F;
  q = q * u + -3.3679351e-1F;
  q = q * u + 2.4293625e-1F;
  q = q * u + 1.3236226e0F;
  q = q * u + -7.3853916e-1F;
  const float tail = 0.5F * t * exp(q - 0.5F * square);
  const float outer = x < 0.0F ? tail : 1.0F - tail;
  return square < 1.0F ? middle : outer;
}

inline double exp(double x) { return std::exp(x); }
inline double expm1(double x) { return std::expm1(x); }
inline double log(double x) { return std::log(x); }
inline double log1p(double x) { return std::log1p(x); }
inline double tanh(double x) { return std::tanh(x); }
inline double sigmoid(double x) {
  const double e = std::exp(-std::abs(x));
  return (x < 0.0 ? e : 1.0) / (1.0 + e);
}
inline double normal_distribution(double x) { return 0.5 * std::erfc(x * -0.707106781186547524400844); }

}  // namespace sepal::kernels
