#include "sepal/ops/comparison.h"

#include <gtest/gtest.h>

#include <limits>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_values;

const double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Comparison, BroadcastsAndIsFalseForNan) {
  const Tensor a = Tensor::from<double>({1, 2, kNan}, {3});
  const Tensor b = Tensor::from<double>({2, 1}, {2, 1});
  expect_values(ops::greater(a, b), {2, 3}, {0, 0, 0, 0, 1, 0});
  expect_values(ops::greater_equal(a, b), {2, 3}, {0, 1, 0, 1, 1, 0});
  expect_values(ops::less(a, b), {2, 3}, {1, 0, 0, 0, 0, 0});
  expect_values(ops::less_equal(a, b), {2, 3}, {1, 1, 0, 1, 0, 0});
  expect_values(ops::equal(a, b), {2, 3}, {0, 1, 0, 1, 0, 0});
  expect_values(ops::not_equal(a, b), {2, 3}, {1, 0, 1, 0, 1, 1});
}

TEST(Comparison, TellsLargeWholeNumbersApart) {
  const std::int64_t large = std::int64_t{1} << 53;
  const Tensor a = Tensor::from<std::int64_t>({large + 1, large}, {2});
  expect_values(ops::greater(a, Tensor::from<std::int64_t>({large}, {1})), {2}, {1, 0});
}

TEST(Comparison, RefusesOtherDtypes) {
  testing::expect_error<TypeError>(
      [] { (void)ops::less(Tensor::zeros({1}), Tensor::zeros({1}, DType::int32)); }, {"float32", "int32"});
  testing::expect_error<TypeError>([] { (void)ops::logical_not(Tensor::zeros({1})); }, {"dtype bool"});
  testing::expect_error<TypeError>([] { (void)ops::any(Tensor::zeros({1})); }, {"dtype bool"});
}

TEST(Comparison, JoinsAndReducesTruthValues) {
  const Tensor a = Tensor::from<bool>({true, false, true, true}, {2, 2});
  const Tensor b = Tensor::from<bool>({true, false}, {2});
  expect_values(ops::logical_and(a, b), {2, 2}, {1, 0, 1, 0});
  expect_values(ops::logical_xor(a, b), {2, 2}, {0, 0, 0, 1});
  expect_values(ops::logical_not(a), {2, 2}, {0, 1, 0, 0});
  expect_values(ops::all(a, {{1}}), {2}, {0, 1});
  expect_values(ops::any(a, {{0}}, true), {1, 2}, {1, 1});
}

TEST(Comparison, SelectsWithBroadcasting) {
  const Tensor column = Tensor::from<bool>({true, false}, {2, 1});
  const auto choose = [&](const Tensors& x) { return ops::select(column, x[0], x[1]); };
  const Tensors operands = {testing::ramp({3}), Tensor::scalar(9.0, DType::float64)};
  expect_values(choose(operands), {2, 3}, {1, 2, 3, 9, 9, 9});
  testing::expect_gradients_match_finite_differences(choose, operands);
}

}  // namespace
}  // namespace sepal
