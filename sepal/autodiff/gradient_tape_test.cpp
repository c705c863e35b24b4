#include "sepal/autodiff/gradient_tape.h"

#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

// y = x * x with a backward written in recorded operations.
Tensor times(const Tensor& a, const Tensor& b) {
  Tensor out(a.shape(), DType::float64);
  double* values = out.mutable_data<double>();
  for (std::int64_t i = 0; i < a.num_elements(); ++i) values[i] = a.at(i) * b.at(i);
  GradientTape::record("times", {a, b}, {out}, [a, b](const Tensors& g) {
    return Tensors{times(g[0], b), times(g[0], a)};
  });
  return out;
}

const Tensor kThree = Tensor::full({2}, 3.0, DType::float64);

TEST(GradientTape, DifferentiatesAProduct) {
  GradientTape tape;
  tape.watch(kThree);
  const Tensor y = times(kThree, kThree);
  testing::expect_values(tape.gradient(y, {kThree})[0], {2}, {6, 6});
}

TEST(GradientTape, WeighsTheOutputs) {
  GradientTape tape;
  tape.watch(kThree);
  const Tensor y = times(kThree, kThree);
  const Tensor weights = Tensor::from<double>({1, 10}, {2});
  testing::expect_values(tape.gradient(y, {kThree}, weights)[0], {2}, {6, 60});
}

TEST(GradientTape, GivesZerosForWhatTheTargetDoesNotDependOn) {
  GradientTape tape;
  const Tensor other = Tensor::ones({3}, DType::float64);
  tape.watch(kThree);
  tape.watch(other);
  const Tensor y = times(kThree, kThree);
  testing::expect_values(tape.gradient(y, {other})[0], {3}, {0, 0, 0});
}

TEST(GradientTape, CanBeUsedOnceUnlessPersistent) {
  GradientTape once;
  once.watch(kThree);
  Tensor y = times(kThree, kThree);
  (void)once.gradient(y, {kThree});
  EXPECT_THROW((void)once.gradient(y, {kThree}), RuntimeError);

  GradientTape persistent({.persistent = true});
  persistent.watch(kThree);
  y = times(kThree, kThree);
  testing::expect_values(persistent.gradient(y, {kThree})[0], {2}, {6, 6});
  testing::expect_values(persistent.gradient(y, {kThree})[0], {2}, {6, 6});
}

TEST(GradientTape, NestsForSecondDerivatives) {
  GradientTape outer;
  outer.watch(kThree);
  Tensor first;
  {
    GradientTape inner;
    inner.watch(kThree);
    const Tensor y = times(times(kThree, kThree), kThree);  // x^3
    first = inner.gradient(y, {kThree})[0];
  }
  testing::expect_values(first, {2}, {27, 27});
  testing::expect_values(outer.gradient(first, {kThree})[0], {2}, {18, 18});
}

TEST(GradientTape, RecordsNothingWhilePaused) {
  GradientTape tape;
  tape.watch(kThree);
  const GradientTape::Pause pause;
  const Tensor y = times(kThree, kThree);
  EXPECT_FALSE(tape.is_watching(y));
}

TEST(GradientTape, RefusesToWatchIntegers) {
  GradientTape tape;
  EXPECT_THROW(tape.watch(Tensor::zeros({2}, DType::int32)), TypeError);
}

TEST(GradientTape, SaysWhichDerivativeIsMissing) {
  GradientTape tape;
  tape.watch(kThree);
  const Tensor y = kThree.clone();
  GradientTape::record_not_differentiable("strange_op", {kThree}, {y});
  try {
    (void)tape.gradient(y, {kThree});
    FAIL() << "no error";
  } catch (const RuntimeError& error) {
    EXPECT_NE(std::string(error.what()).find("strange_op"), std::string::npos);
  }
}

}  // namespace
}  // namespace sepal
