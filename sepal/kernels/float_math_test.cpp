#include "sepal/kernels/float_math.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sepal::kernels {
namespace {

// The largest error, in units in the last place, over floats spread evenly over all bit patterns; a result
// that is infinite or NaN on one side only counts as infinitely wrong.
template <class F, class Exact>
double largest_ulps(F f, Exact exact, float low, float high) {
  constexpr std::uint32_t kStep = 40009;
  double worst = 0;
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += kStep) {
    const float x = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    if (!(x >= low && x <= high)) continue;
    const double want = exact(static_cast<double>(x));
    const float rounded = static_cast<float>(want);
    const float got = f(x);
    if (std::isinf(rounded) || std::isnan(rounded)) {
      if (got != rounded && !(std::isnan(got) && std::isnan(rounded))) return INFINITY;
      continue;
    }
    const float size = std::abs(rounded);
    const double ulp = static_cast<double>(std::nextafter(size, INFINITY)) - size;
    worst = std::max(worst, std::abs(got - want) / ulp);
  }
  return worst;
}

TEST(FloatMath, IsNearTheExactResultForEveryMagnitude) {
  const float all = INFINITY;
  EXPECT_LT(largest_ulps([](float x) { return exp(x); }, [](double x) { return std::exp(x); }, -all, all), 1);
  EXPECT_LT(largest_ulps([](float x) { return expm1(x); }, [](double x) { return std::expm1(x); }, -all, all),
            2);
  EXPECT_LT(largest_ulps([](float x) { return log(x); }, [](double x) { return std::log(x); }, -all, all), 1);
  EXPECT_LT(largest_ulps([](float x) { return log1p(x); }, [](double x) { return std::log1p(x); }, 0, all),
            2);
  EXPECT_LT(largest_ulps([](float x) { return tanh(x); }, [](double x) { return std::tanh(x); }, -all, all),
            2);
  EXPECT_LT(largest_ulps([](float x) { return sigmoid(x); }, [](double x) { return 1 / (1 + std::exp(-x)); },
                         -80, all),
            3);
  EXPECT_LT(largest_ulps([](float x) { return normal_distribution(x); },
                         [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }, -1, all),
            6);
}

TEST(FloatMath, KeepsNaN) {
  EXPECT_TRUE(std::isnan(exp(NAN)));
  EXPECT_TRUE(std::isnan(expm1(NAN)));
  EXPECT_TRUE(std::isnan(log(NAN)));
  EXPECT_TRUE(std::isnan(log1p(NAN)));
  EXPECT_TRUE(std::isnan(tanh(NAN)));
  EXPECT_TRUE(std::isnan(sigmoid(NAN)));
  EXPECT_TRUE(std::isnan(normal_distribution(NAN)));
}

}  // namespace
}  // namespace sepal::kernels
