#include "sepal/ops/take.h"

#include <gtest/gtest.h>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

Tensor indices() { return Tensor::from<std::int64_t>({2, 0, 2, 1}, {2, 2}); }

TEST(Take, CopiesTheRowsInTheOrderOfTheIndices) {
  testing::expect_values(ops::take(testing::ramp({3, 2}), indices()), {2, 2, 2}, {5, 6, 1, 2, 5, 6, 3, 4});
}

TEST(Take, TakesIndicesOfAnyWholeNumberType) {
  testing::expect_values(ops::take(testing::ramp({3, 2}), Tensor::from<std::uint8_t>({1}, {1})), {1, 2},
                         {3, 4});
}

TEST(Take, AddsTheGradientsOfRowsThatAreNamedTwice) {
  const auto take = [](const Tensors& x) { return ops::take(x[0], indices()); };
  testing::expect_gradients_match_finite_differences(take, {testing::varied({3, 40}, 1)});
  GradientTape tape;
  const Tensor table = testing::ramp({3, 1});
  tape.watch(table);
  testing::expect_values(tape.gradient(ops::take(table, indices()), {table})[0], {3, 1}, {1, 1, 2});
}

TEST(Take, GradientDoesNotDependOnThreads) {
  testing::expect_same_bits_for_any_thread_count([] {
    GradientTape tape;
    const Tensor table = testing::varied({3, 100}, 1);
    tape.watch(table);
    return tape.gradient(ops::take(table, indices()), {table}, testing::varied({2, 2, 100}, 2));
  });
}

TEST(Take, NamesAnIndexOutside) {
  for (const std::int64_t index : {-1, 3}) {
    testing::expect_error<InvalidArgumentError>(
        [&] {
          (void)ops::take(testing::ramp({3, 2}), Tensor::from<std::int64_t>({index}, {1}));
        },
        {"is not in [0, 3)"});
  }
  testing::expect_error<TypeError>(
      [] {
        (void)ops::take(testing::ramp({3, 2}), testing::ramp({1}));
      },
      {"`indices`", "float64"});
}

}  // namespace
}  // namespace sepal
