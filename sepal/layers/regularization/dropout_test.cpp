#include "sepal/layers/regularization/dropout.h"

#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "sepal/base/parallel.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

TEST(Dropout, IsTheIdentityAtInference) {
  const layers::Dropout layer({.rate = 0.5});
  const Tensor x = testing::varied({4, 5}, 1, DType::float32);
  testing::expect_same_bits(layer(x), x);
}

TEST(Dropout, DropsTheRateAndScalesTheRest) {
  const layers::Dropout layer({.rate = 0.25, .seed = 7});
  const Tensor y = layer(Tensor::ones({100000}), {.training = true});
  std::int64_t dropped = 0;
  for (const float value : y.values<float>()) {
    if (value == 0.0F) {
      ++dropped;
    } else {
      EXPECT_FLOAT_EQ(value, 1.0F / 0.75F);
    }
  }
  // Standard deviation of the count: 137.
  EXPECT_NEAR(static_cast<double>(dropped), 25000, 700);
}

TEST(Dropout, DrawsAnotherMaskEachTimeAndTheSameFromTheSameSeed) {
  const Tensor x = Tensor::ones({1000});
  const layers::Dropout one({.rate = 0.5, .seed = 3});
  const layers::Dropout other({.rate = 0.5, .seed = 3});
  const Tensor first = one(x, {.training = true});
  testing::expect_same_bits(other(x, {.training = true}), first);
  const Tensor second = one(x, {.training = true});
  EXPECT_NE(std::vector<float>(first.values<float>().begin(), first.values<float>().end()),
            std::vector<float>(second.values<float>().begin(), second.values<float>().end()));
}

TEST(Dropout, MaskDoesNotDependOnThreads) {
  const int before = num_threads();
  set_num_threads(1);
  const Tensor one = dropout_mask({100, 1000}, 0.3, DType::float32, 11);
  set_num_threads(3);
  testing::expect_same_bits(dropout_mask({100, 1000}, 0.3, DType::float32, 11), one);
  set_num_threads(before);
}

TEST(Dropout, BroadcastsTheNoiseShape) {
  const layers::Dropout layer({.rate = 0.5, .noise_shape = {{kNone, 1}}, .seed = 1});
  const Tensor y = layer(Tensor::ones({50, 4}), {.training = true});
  for (std::int64_t row = 0; row < 50; ++row) {
    for (std::int64_t i = 1; i < 4; ++i) EXPECT_EQ(y.at(row * 4 + i), y.at(row * 4));
  }
}

TEST(Dropout, RefusesRatesOutsideOfZeroToOne) {
  testing::expect_error<ValueError>([] { layers::Dropout({.rate = 1.5}); }, {"`rate`", "rate=1.5"});
  const layers::Dropout all({.rate = 1.0});
  testing::expect_values(all(Tensor::ones({3}), {.training = true}), {3}, {0, 0, 0});
}

}  // namespace
}  // namespace sepal
