#include "sepal/ops/logical.h"

#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"

namespace sepal {
namespace {

std::vector<int> bits(const Tensor& x) {
  std::vector<int> values;
  for (std::int64_t i = 0; i < x.num_elements(); ++i) values.push_back(static_cast<int>(x.at(i)));
  return values;
}

TEST(Logical, ComparesEveryTypeWithANumber) {
  EXPECT_EQ(bits(ops::not_equal(Tensor::from<float>({0, 0.1F, 0.5F}, {3}), 0.1)), (std::vector{1, 0, 1}));
  EXPECT_EQ(bits(ops::not_equal(Tensor::from<std::int32_t>({0, 7, 0}, {3}), 0)), (std::vector{0, 1, 0}));
  EXPECT_EQ(bits(ops::not_equal(Tensor::from<double>({2, 2.5}, {2}), 2)), (std::vector{0, 1}));
  EXPECT_EQ(bits(ops::greater(Tensor::from<double>({0.5, 0.6, -1}, {3}), 0.5)), (std::vector{0, 1, 0}));
}

TEST(Logical, JoinsBroadcastTruthValues) {
  const Tensor column = Tensor::from<bool>({true, false}, {2, 1});
  const Tensor row = Tensor::from<bool>({false, true, false}, {3});
  const Tensor both = ops::logical_or(column, row);
  EXPECT_EQ(both.shape(), (Shape{2, 3}));
  EXPECT_EQ(bits(both), (std::vector{1, 1, 1, 0, 1, 0}));
  testing::expect_error<TypeError>([&] { (void)ops::logical_or(column, Tensor::zeros({3})); }, {"float32"});
}

TEST(Logical, FindsAnyTruthInARow) {
  const Tensor x = Tensor::from<bool>({false, true, false, false}, {2, 2});
  EXPECT_EQ(bits(ops::any_of_last_axis(x)), (std::vector{1, 0}));
  EXPECT_EQ(ops::any_of_last_axis(x, true).shape(), (Shape{2, 1}));
  EXPECT_EQ(bits(ops::any_of_last_axis(Tensor(Shape{2, 0}, DType::boolean))), (std::vector{0, 0}));
}

}  // namespace
}  // namespace sepal
