// The random layers in training: their distributions, and that they are reproducible.
#include <gtest/gtest.h>

#include <cmath>

#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

struct Moments {
  double mean = 0.0;
  double variance = 0.0;
};

Moments moments(const Tensor& x) {
  Moments m;
  const auto count = static_cast<double>(x.num_elements());
  for (std::int64_t i = 0; i < x.num_elements(); ++i) m.mean += x.at(i) / count;
  for (std::int64_t i = 0; i < x.num_elements(); ++i) m.variance += std::pow(x.at(i) - m.mean, 2) / count;
  return m;
}

const CallOptions kWithNoise{.training = true};
constexpr std::int64_t kMany = 100000;

TEST(GaussianNoise, AddsNumbersOfItsDeviation) {
  const layers::GaussianNoise layer({.stddev = 0.5, .seed = 1});
  const Moments m = moments(layer(Tensor::full({kMany}, 3.0), kWithNoise));
  // Standard deviations of mean and variance: 0.0016, 0.0011.
  EXPECT_NEAR(m.mean, 3.0, 0.008);
  EXPECT_NEAR(m.variance, 0.25, 0.006);
}

TEST(GaussianDropout, MultipliesByNumbersAroundOne) {
  const layers::GaussianDropout layer({.rate = 0.2, .seed = 1});
  const Moments m = moments(layer(Tensor::full({kMany}, 2.0), kWithNoise));
  // Variance rate / (1 - rate) = 0.25, times 2².
  EXPECT_NEAR(m.mean, 2.0, 0.016);
  EXPECT_NEAR(m.variance, 1.0, 0.024);
}

TEST(AlphaDropout, KeepsMeanAndVariance) {
  const layers::AlphaDropout layer({.rate = 0.3, .seed = 1});
  const layers::GaussianNoise source({.stddev = 1.0, .seed = 2});
  const Moments m = moments(layer(source(Tensor::zeros({kMany}), kWithNoise), kWithNoise));
  EXPECT_NEAR(m.mean, 0.0, 0.016);
  EXPECT_NEAR(m.variance, 1.0, 0.04);
}

TEST(AlphaDropout, BroadcastsTheNoiseShape) {
  const layers::AlphaDropout layer({.rate = 0.5, .noise_shape = {{kNone, 1}}, .seed = 1});
  const Tensor y = layer(Tensor::ones({50, 4}), kWithNoise);
  for (std::int64_t row = 0; row < 50; ++row) {
    for (std::int64_t i = 1; i < 4; ++i) EXPECT_EQ(y.at(row * 4 + i), y.at(row * 4));
  }
}

// Each (sample, channel) is either 0 everywhere or 2 everywhere.
void expect_whole_channels(const Tensor& y, std::int64_t outer, std::int64_t cells, std::int64_t inner) {
  std::int64_t dropped = 0;
  for (std::int64_t n = 0; n < outer; ++n) {
    for (std::int64_t c = 0; c < inner; ++c) {
      const double first = y.at(n * cells * inner + c);
      EXPECT_TRUE(first == 0.0 || first == 2.0);
      dropped += first == 0.0 ? 1 : 0;
      for (std::int64_t i = 0; i < cells; ++i) EXPECT_EQ(y.at((n * cells + i) * inner + c), first);
    }
  }
  EXPECT_GT(dropped, 0);
  EXPECT_LT(dropped, outer * inner);
}

TEST(SpatialDropout, DropsWholeChannels) {
  expect_whole_channels(
      layers::SpatialDropout1D({.rate = 0.5, .seed = 1})(Tensor::ones({8, 5, 6}), kWithNoise), 8, 5, 6);
  expect_whole_channels(
      layers::SpatialDropout2D({.rate = 0.5, .seed = 1})(Tensor::ones({8, 3, 2, 6}), kWithNoise), 8, 6, 6);
  const layers::SpatialDropout3D first({.rate = 0.5, .data_format = "channels_first", .seed = 1});
  expect_whole_channels(first(Tensor::ones({8, 6, 2, 3, 2}), kWithNoise), 48, 12, 1);
}

TEST(SpatialDropout, DropsEverythingWithRateOne) {
  const layers::SpatialDropout1D layer({.rate = 1.0});
  testing::expect_values(layer(Tensor::ones({1, 1, 2}), kWithNoise), {1, 1, 2}, {0, 0});
}

TEST(StochasticDepth, DropsWholeSamples) {
  const Tensor y = layers::StochasticDepth({.drop_path_rate = 0.5})(Tensor::ones({64, 2, 3}), kWithNoise);
  expect_whole_channels(y, 64, 6, 1);
}

TEST(Noise, DoesNotDependOnThreads) {
  testing::expect_same_bits_for_any_thread_count([] {
    return Tensors{normal_noise({100, 1000}, 1.0, 2.0, DType::float32, 11)};
  });
}

TEST(Noise, ComesAgainFromTheSameSeed) {
  const Tensor x = Tensor::zeros({100});
  const layers::GaussianNoise one({.stddev = 0.5, .seed = 3});
  const layers::GaussianNoise other({.stddev = 0.5, .seed = 3});
  const Tensor first = one(x, kWithNoise);
  testing::expect_same_bits(other(x, kWithNoise), first);
  EXPECT_NE(one(x, kWithNoise).at(0), first.at(0));
}

TEST(Noise, RefusesAmountsOutsideOfZeroToOne) {
  testing::expect_error<ValueError>([] { layers::GaussianNoise({.stddev = 1.5}); },
                                    {"`stddev`", "stddev=1.5"});
  testing::expect_error<ValueError>([] { layers::GaussianDropout({.rate = -0.5}); }, {"`rate`", "rate=-0.5"});
  testing::expect_error<ValueError>([] { layers::AlphaDropout({.rate = 2.0}); }, {"`rate`", "rate=2"});
  testing::expect_error<ValueError>([] { layers::SpatialDropout2D({.rate = 2.0}); }, {"`rate`", "rate=2"});
  testing::expect_error<ValueError>([] { layers::StochasticDepth({.drop_path_rate = 1.0}); },
                                    {"`drop_path_rate`", "drop_path_rate=1"});
}

TEST(ActivityRegularization, AddsItsPenaltyPerSample) {
  const layers::ActivityRegularization layer({.l1 = 0.5, .l2 = 0.25});
  (void)layer(Tensor::from<float>({1, -2}, {2, 1}));
  // (0.5 * 3 + 0.25 * 5) / 2
  EXPECT_NEAR(layer->losses().at(0).item(), 1.375, 1e-6);
}

}  // namespace
}  // namespace sepal
