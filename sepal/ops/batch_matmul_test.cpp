#include "sepal/ops/batch_matmul.h"

#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal::ops {
namespace {

using testing::ramp;
using testing::varied;

// By hand: (1 2) and (3 4) times columns of 1 2 3 and 4 5 6.
TEST(BatchMatmul, MultipliesEachSampleByItself) {
  const std::vector<double> want{1 * 1 + 2 * 4,  1 * 2 + 2 * 5,  1 * 3 + 2 * 6,
                                 3 * 7 + 4 * 10, 3 * 8 + 4 * 11, 3 * 9 + 4 * 12};
  testing::expect_values(batch_matmul(ramp({2, 1, 2}), ramp({2, 2, 3})), {2, 1, 3}, want);
  testing::expect_values(batch_matmul(ramp({2, 2, 1}), ramp({2, 2, 3}), true), {2, 1, 3}, want);
  testing::expect_values(batch_matmul(ramp({1, 2, 2}), ramp({1, 2, 2}), false, true), {1, 2, 2},
                         {1 * 1 + 2 * 2, 1 * 3 + 2 * 4, 3 * 1 + 4 * 2, 3 * 3 + 4 * 4});
}

TEST(BatchMatmul, IsDifferentiableTwice) {
  for (const bool transpose_a : {false, true}) {
    for (const bool transpose_b : {false, true}) {
      const auto f = [&](const Tensors& in) { return batch_matmul(in[0], in[1], transpose_a, transpose_b); };
      const Tensors inputs{varied(transpose_a ? Shape{2, 4, 3} : Shape{2, 3, 4}),
                           varied(transpose_b ? Shape{2, 2, 4} : Shape{2, 4, 2}, 1)};
      testing::expect_gradients_match_finite_differences(f, inputs);
      testing::expect_second_derivatives_match_finite_differences(f, inputs);
    }
  }
}

TEST(BatchMatmul, RefusesShapesThatDoNotFit) {
  testing::expect_error<ValueError>([] { batch_matmul(ramp({2, 3, 4}), ramp({2, 3, 4})); }, {"(2, 3, 4)"});
  testing::expect_error<ValueError>([] { batch_matmul(ramp({2, 3, 4}), ramp({3, 4, 5})); }, {"(3, 4, 5)"});
  testing::expect_error<ValueError>([] { batch_matmul(ramp({3, 4}), ramp({4, 5})); }, {"rank 3"});
}

}  // namespace
}  // namespace sepal::ops
