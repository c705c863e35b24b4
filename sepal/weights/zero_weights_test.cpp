#include "sepal/weights/zero_weights.h"

#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_values;

TEST(ZeroWeights, ShareMemoryUntilTheyAreWrittenTo) {
  const ZeroWeights loading(100);
  Tensor first = initial_weight("ones", {2, 3}, DType::float32, "a");
  const Tensor second = initial_weight("ones", {2}, DType::float32, "b");
  EXPECT_EQ(first.raw(), second.raw());
  first.mutable_data<float>()[0] = 1.0F;
  expect_values(first, {2, 3}, {1, 0, 0, 0, 0, 0});
  expect_values(second, {2}, {0, 0});
  expect_values(initial_weight("ones", {3, 4}, DType::float32, "c"), {3, 4}, std::vector<double>(12, 0.0));
  expect_values(initial_weight("ones", {}, DType::float64, "d"), {}, {0});
  EXPECT_EQ(initial_weight("ones", {0, 5}, DType::float64, "e").num_elements(), 0);
}

TEST(ZeroWeights, EndWithTheObject) {
  { const ZeroWeights loading(100); }
  expect_values(initial_weight("ones", {2}, DType::float32, "a"), {2}, {1, 1});
}

TEST(ZeroWeights, RefuseMoreThanTheFileHolds) {
  const ZeroWeights loading(10);
  (void)initial_weight("ones", {8}, DType::float32, "a");
  testing::expect_error<ValueError>([] { (void)initial_weight("ones", {3}, DType::float32, "layer/b"); },
                                    {"layer/b", "(3,)", "at most 2 elements"});
}

}  // namespace
}  // namespace sepal
