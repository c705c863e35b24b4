#include "sepal/weights/variable.h"

#include <gtest/gtest.h>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/ops/elementwise.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

TEST(Variable, CopiesNameTheSameVariable) {
  const Variable a(Tensor::zeros({2}), "kernel", {.path = "dense/kernel"});
  Variable b = a;
  b.assign(Tensor::ones({2}));
  EXPECT_EQ(a.value().at(1), 1.0);
  EXPECT_TRUE(a == b);
  EXPECT_FALSE(a == Variable(Tensor::ones({2}), "kernel"));
  EXPECT_EQ(a.path(), "dense/kernel");
}

TEST(Variable, AssignsOnlyItsExactShapeAndConvertsTheDtype) {
  Variable v(Tensor::zeros({1, 1, 3, 6}), "pointwise_kernel", {.path = "s/pointwise_kernel"});
  try {
    v.assign(Tensor::zeros({3, 6}));
    FAIL();
  } catch (const ValueError& e) {
    EXPECT_NE(std::string(e.what()).find("s/pointwise_kernel"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("(3, 6)"), std::string::npos) << e.what();
  }
  v.assign(Tensor::full({1, 1, 3, 6}, 0.5, DType::float64));
  EXPECT_EQ(v.dtype(), DType::float32);
  EXPECT_EQ(v.value().at(17), 0.5);
}

TEST(Variable, ChangesItsVersionWithItsValue) {
  Variable v(Tensor::zeros({2}), "v");
  const std::uint64_t at_first = v.version();
  EXPECT_EQ(v.version(), at_first);
  v.assign(Tensor::ones({2}));
  const std::uint64_t assigned = v.version();
  EXPECT_NE(assigned, at_first);
  v.mutable_value().mutable_data<float>()[0] = 5.0F;
  EXPECT_NE(v.version(), assigned);
  EXPECT_EQ(v.value().at(0), 5.0);
}

TEST(Variable, WritingInPlaceLeavesEarlierValuesAlone) {
  Variable v(Tensor::zeros({2}), "v");
  const Tensor before = v.value();
  v.mutable_value().mutable_data<float>()[0] = 5.0F;
  EXPECT_EQ(before.at(0), 0.0);
}

TEST(Variable, IsWatchedWhenReadIfTrainable) {
  Variable v(Tensor::from({3.0}, {1}), "v");
  Variable frozen(Tensor::from({3.0}, {1}), "frozen", {.trainable = false});
  GradientTape tape;
  const Tensor x = v.value();
  const Tensor y = frozen.value();
  const Tensor z = ops::multiply(ops::multiply(x, x), y);
  const Tensors gradients = tape.gradient(z, {x, y});
  EXPECT_EQ(gradients[0].at(0), 18.0);
  EXPECT_EQ(gradients[1].at(0), 0.0);
}

TEST(Variable, EmptyHandlesAreRefused) {
  EXPECT_FALSE(Variable());
  EXPECT_THROW(Variable().value(), RuntimeError);
  EXPECT_THROW(Variable(Tensor(), "v"), ValueError);
}

}  // namespace
}  // namespace sepal
