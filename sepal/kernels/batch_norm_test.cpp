// Sums over channels against plain loops in double, for every place of the channel axis and every SIMD
// target.
#include "sepal/kernels/batch_norm.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/support/simd_targets.h"

namespace sepal::kernels {
namespace {

using testing::for_each_simd_target;

// Channels innermost (few, odd, many), channels_first, short inner axes, more than one block, a channel
// alone.
constexpr ChannelLayout kLayouts[] = {{5, 1, 1},     {7, 3, 1},     {50, 20, 1},   {3, 130, 1}, {2000, 16, 1},
                                      {40000, 1, 1}, {3, 5, 200},   {2, 3, 20000}, {4, 6, 7},   {1, 1, 64},
                                      {1, 2, 63},    {200, 33, 49}, {3, 100, 49},  {2, 200, 50}};

std::int64_t channel_of(const ChannelLayout& layout, std::int64_t element) {
  return element / layout.inner % layout.channels;
}

template <class T>
std::vector<T> random_values(std::int64_t count, unsigned seed, double mean = 0) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(mean, 1.0);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) value = static_cast<T>(normal(random));
  return values;
}

/// sums[c] of term(element) over the elements of channel c.
template <class Term>
std::vector<double> plain_sums(const ChannelLayout& layout, const Term& term) {
  std::vector<double> sums(static_cast<std::size_t>(layout.channels));
  for (std::int64_t i = 0; i < layout.elements(); ++i) {
    sums[static_cast<std::size_t>(channel_of(layout, i))] += term(static_cast<std::size_t>(i));
  }
  return sums;
}

template <class T>
void expect_near(const std::vector<T>& got, const std::vector<double>& want, double tolerance) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(got[i]), want[i], tolerance) << "entry " << i;
  }
}

std::string text_of(const ChannelLayout& layout) {
  return fmt::format("({}, {}, {})", layout.outer, layout.channels, layout.inner);
}

template <class T>
void expect_moments(const ChannelLayout& layout, double mean_of_values) {
  const std::vector<T> x = random_values<T>(layout.elements(), 1, mean_of_values);
  std::vector<double> mean = plain_sums(layout, [&](std::size_t i) { return static_cast<double>(x[i]); });
  for (double& m : mean) m /= static_cast<double>(layout.count());
  std::vector<double> variance = plain_sums(layout, [&](std::size_t i) {
    const double d = static_cast<double>(x[i]) -
                     mean[static_cast<std::size_t>(channel_of(layout, static_cast<std::int64_t>(i)))];
    return d * d;
  });
  for (double& v : variance) v /= static_cast<double>(layout.count());
  std::vector<T> got_mean(mean.size());
  std::vector<T> got_variance(mean.size());
  channel_moments(layout, x.data(), got_mean.data(), got_variance.data());
  const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  // A block's column has at most 625 terms, added one after another.
  expect_near(got_mean, mean, 50 * epsilon * (1 + std::abs(mean_of_values)));
  expect_near(got_variance, variance, 500 * epsilon);
}

TEST(ChannelSums, AreThoseOfEachChannel) {
  for_each_simd_target([] {
    for (const ChannelLayout& layout : kLayouts) {
      SCOPED_TRACE(text_of(layout));
      std::vector<float> x(static_cast<std::size_t>(layout.elements()));
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(static_cast<int>(i * 7 % 11) - 5);
      std::vector<float> sums(static_cast<std::size_t>(layout.channels));
      channel_sums(layout, x.data(), sums.data());
      expect_near(sums, plain_sums(layout, [&](std::size_t i) { return static_cast<double>(x[i]); }), 0);
    }
  });
}

TEST(ChannelMoments, AreThoseOfEachChannel) {
  for_each_simd_target([] {
    for (const ChannelLayout& layout : kLayouts) {
      SCOPED_TRACE(text_of(layout));
      expect_moments<float>(layout, 0);
      expect_moments<double>(layout, 0);
    }
  });
}

TEST(ChannelMoments, KeepTheirDigitsWhereTheMeanIsLarge) {
  // A mean of 1000 times the deviation: E[x^2] - E[x]^2 in float would lose six of seven digits.
  for (const ChannelLayout& layout : kLayouts) {
    SCOPED_TRACE(text_of(layout));
    expect_moments<float>(layout, 1000);
  }
}

TEST(ChannelMoments, OfAConstantHaveNoVariance) {
  const ChannelLayout layout{1000, 3, 50};
  const std::vector<float> x(static_cast<std::size_t>(layout.elements()), 1000.1F);
  std::vector<float> mean(3);
  std::vector<float> variance(3);
  channel_moments(layout, x.data(), mean.data(), variance.data());
  expect_near(mean, std::vector<double>(3, 1000.1), 1e-3);
  // Their means are off by some millionths; E[x^2] - E[x]^2 would be off by 1000^2 * 2^-24, which is 0.06.
  expect_near(variance, std::vector<double>(3, 0.0), 1e-4);
}

TEST(ChannelMoments, OfNothingAreNotANumber) {
  for (const ChannelLayout& layout :
       {ChannelLayout{0, 2, 1}, ChannelLayout{0, 2, 100}, ChannelLayout{5, 2, 0}}) {
    std::vector<float> mean(2);
    std::vector<float> variance(2);
    channel_moments<float>(layout, nullptr, mean.data(), variance.data());
    EXPECT_TRUE(std::isnan(mean[1]));
    EXPECT_TRUE(std::isnan(variance[1]));
  }
  channel_moments<float>({5, 0, 1}, nullptr, nullptr, nullptr);
}

const Clamp kClamps[] = {{}, {.lower = 0.0F}, {-0.25F, 0.5F}};

// One case for each SIMD target, layout and clamp, with values at random.
struct MapCase {
  MapCase(const ChannelLayout& at, const Clamp& bounds)
      : layout(at),
        clamp(bounds),
        x(random_values<double>(layout.elements(), 6)),
        dy(random_values<double>(layout.elements(), 7)),
        mean(random_values<double>(layout.channels, 8)),
        scale(random_values<double>(layout.channels, 10)),
        shift(random_values<double>(layout.channels, 5)) {}

  std::size_t channel(std::size_t i) const {
    return static_cast<std::size_t>(channel_of(layout, static_cast<std::int64_t>(i)));
  }
  double unclamped(std::size_t i) const {
    const std::size_t c = channel(i);
    return (x[i] - mean[c]) * scale[c] + shift[c];
  }
  // What reaches the normalization of the gradient.
  double gradient(std::size_t i) const {
    const double y = unclamped(i);
    return y > static_cast<double>(clamp.lower) && y < static_cast<double>(clamp.upper) ? dy[i] : 0.0;
  }
  ChannelMap<double> map() const { return {mean.data(), scale.data(), shift.data(), clamp}; }

  ChannelLayout layout;
  Clamp clamp;
  std::vector<double> x, dy, mean, scale, shift;
};

template <class Check>
void for_each_map(const Check& check) {
  for_each_simd_target([&] {
    for (const ChannelLayout& layout : kLayouts) {
      for (const Clamp& clamp : kClamps) {
        SCOPED_TRACE(text_of(layout));
        check(MapCase(layout, clamp));
      }
    }
  });
}

TEST(BatchNorm, AppliesEachChannelsParametersAndClamps) {
  for_each_map([](const MapCase& each) {
    std::vector<double> y(each.x.size());
    batch_norm_apply(each.layout, each.x.data(), each.map(), y.data());
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double want = std::min(std::max(each.unclamped(i), static_cast<double>(each.clamp.lower)),
                                   static_cast<double>(each.clamp.upper));
      ASSERT_NEAR(y[i], want, 1e-13) << i;
    }
  });
}

TEST(BatchNorm, KeepsNotANumberWhenItClamps) {
  for_each_simd_target([] {
    const std::vector<float> x(37, std::numeric_limits<float>::quiet_NaN());
    const float zero = 0.0F;
    const float one = 1.0F;
    std::vector<float> y(x.size());
    batch_norm_apply<float>({37, 1, 1}, x.data(), {&zero, &one, &zero, {0.0F, 6.0F}}, y.data());
    for (const float value : y) ASSERT_TRUE(std::isnan(value));
  });
}

TEST(BatchNorm, SumsTheGradients) {
  for_each_map([](const MapCase& each) {
    std::vector<double> sums(each.mean.size());
    std::vector<double> products(each.mean.size());
    batch_norm_gradient_sums(each.layout, each.x.data(), each.dy.data(), each.map(), sums.data(),
                             products.data());
    expect_near(sums, plain_sums(each.layout, [&](std::size_t i) { return each.gradient(i); }), 1e-9);
    const auto product = [&](std::size_t i) {
      return each.gradient(i) * (each.x[i] - each.mean[each.channel(i)]);
    };
    expect_near(products, plain_sums(each.layout, product), 1e-9);
  });
}

TEST(BatchNorm, CombinesTheInputGradient) {
  for_each_map([](const MapCase& each) {
    const std::vector<double> inverse = random_values<double>(each.layout.channels, 9);
    const std::vector<double> sums = random_values<double>(each.layout.channels, 11);
    const std::vector<double> products = random_values<double>(each.layout.channels, 12);
    std::vector<double> dx(each.x.size());
    batch_norm_input_gradient(each.layout, each.x.data(), each.dy.data(), each.map(), inverse.data(),
                              sums.data(), products.data(), dx.data());
    const double count = static_cast<double>(each.layout.count());
    for (std::size_t i = 0; i < dx.size(); ++i) {
      const std::size_t c = each.channel(i);
      const double normalized = (each.x[i] - each.mean[c]) * inverse[c];
      const double want = each.scale[c] * (each.gradient(i) - sums[c] / count -
                                           normalized * inverse[c] * products[c] / count);
      ASSERT_NEAR(dx[i], want, 1e-12 * (1 + std::abs(want))) << i;
    }
  });
}

}  // namespace
}  // namespace sepal::kernels
