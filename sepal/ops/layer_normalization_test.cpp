// Values and gradients of the layers made of these ops are in tests/golden; here what the layers do not
// reach.
#include "sepal/ops/layer_normalization.h"

#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal::ops {
namespace {

using testing::expect_error;
using testing::ramp;
using testing::varied;

// By hand: mean 2, variance 4 - 3, so that with an epsilon of 3 each is divided by 2.
TEST(LayerNormalizationOp, KeepsTheMeanWithRmsScaling) {
  const Tensor x = Tensor::from<double>({1, 3, 1, 3}, {1, 4});
  testing::expect_values(layer_normalization(x, Tensor(), Tensor(), {1}, 3.0), {1, 4},
                         {-0.5, 0.5, -0.5, 0.5});
  testing::expect_values(layer_normalization(x, Tensor(), Tensor(), {1}, 3.0, true), {1, 4},
                         {0.5, 1.5, 0.5, 1.5});
}

TEST(LayerNormalizationOp, IsDifferentiableTwice) {
  const auto f = [](const Tensors& in) { return layer_normalization(in[0], in[1], in[2], {-1}, 1e-3); };
  testing::expect_second_derivatives_match_finite_differences(
      f, {varied({2, 4}), varied({4}, 1), varied({4}, 2)});
}

TEST(NormalizeOp, DividesShortVectorsByEpsilon) {
  testing::expect_values(normalize(Tensor::from<double>({3, 4, 0, 0, 0.001, 0}, {3, 2}), {-1}, 0.01), {3, 2},
                         {0.6, 0.8, 0, 0, 0.1, 0});
}

TEST(LayerNormalizationOp, RefusesWhatDoesNotFit) {
  expect_error<ValueError>(
      [] {
        layer_normalization(ramp({2, 4}), ramp({3}), Tensor(), {1}, 1.0);
      },
      {"`gamma`", "4 elements", "(3,)"});
  expect_error<ValueError>(
      [] {
        layer_normalization(ramp({2, 4}), Tensor(), Tensor(), {2}, 1.0);
      },
      {"axis=2"});
  expect_error<ValueError>(
      [] {
        group_normalization(ramp({2, 4}), Tensor(), Tensor(), 3, 1, 1.0);
      },
      {"`groups`", "groups=3"});
  expect_error<ValueError>(
      [] {
        group_normalization(ramp({2, 4}), Tensor(), Tensor(), 2, 0, 1.0);
      },
      {"axis=0"});
}

}  // namespace
}  // namespace sepal::ops
