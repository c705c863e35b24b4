#include "sepal/ops/attention.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_close;
using testing::varied;

// One query, two keys of size 1.
TEST(DotProductAttention, WeighsValuesByTheSoftmaxOfScores) {
  const Tensor query = Tensor::from<double>({2.0}, {1, 1, 1, 1});
  const Tensor key = Tensor::from<double>({0.5, -0.5}, {1, 2, 1, 1});
  const Tensor value = Tensor::from<double>({10.0, 20.0}, {1, 2, 1, 1});
  const double first = 1.0 / (1.0 + std::exp(-2.0));
  const Tensor y = ops::dot_product_attention(query, key, value, {}, {});
  EXPECT_NEAR(y.at(0), 10.0 * first + 20.0 * (1.0 - first), 1e-12);
  // What is masked, or lies behind the query, does not count.
  const Tensor mask = Tensor::from<bool>({false, true}, {1, 1, 1, 2});
  EXPECT_NEAR(ops::dot_product_attention(query, key, value, {}, mask).at(0), 20.0, 1e-12);
  EXPECT_NEAR(ops::dot_product_attention(query, key, value, {}, {}, {.causal = true}).at(0), 10.0, 1e-12);
  // A bias that outweighs the scores.
  const Tensor bias = Tensor::from<double>({0.0, 2.0}, {2});
  EXPECT_NEAR(ops::dot_product_attention(query, key, value, bias, {}).at(0), 15.0, 1e-12);
}

TEST(DotProductAttention, SharesKeysBetweenHeads) {
  const Tensor query = varied({2, 3, 4, 5});
  const Tensor key = varied({2, 6, 2, 5});
  const Tensor y = ops::dot_product_attention(query, key, key, {}, {});
  EXPECT_EQ(y.shape(), (Shape{2, 3, 4, 5}));
  testing::expect_error<ValueError>(
      [&] {
        (void)ops::dot_product_attention(query, varied({2, 6, 3, 5}), key, {}, {});
      },
      {"dot_product_attention", "(2, 6, 3, 5)"});
}

TEST(DotProductAttention, HasTheDerivativesOfFiniteDifferences) {
  const auto f = [](const Tensors& in) {
    return ops::dot_product_attention(in[0], in[1], in[2], in[3], {}, {.scale = 0.6, .causal = true});
  };
  testing::expect_gradients_match_finite_differences(
      f, {varied({1, 3, 2, 2}), varied({1, 3, 1, 2}), varied({1, 3, 1, 2}), varied({1, 2, 3, 3})});
}

}  // namespace
}  // namespace sepal
