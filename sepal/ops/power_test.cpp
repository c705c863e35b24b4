#include "sepal/ops/power.h"

#include <gtest/gtest.h>

#include "sepal/autodiff/gradient_tape.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

TEST(Power, RaisesEachElement) {
  testing::expect_values(ops::power(testing::ramp({3}), 3.0), {3}, {1, 8, 27});
  testing::expect_values(ops::power(testing::ramp({2}), Tensor::scalar(-1.0, DType::float64)), {2}, {1, 0.5});
}

TEST(Power, HasTheDerivativesOfFiniteDifferences) {
  for (const double exponent : {0.0, 1.0, 2.0, 2.5, -1.5}) {
    const auto power = [&](const Tensors& x) { return ops::power(x[0], exponent); };
    testing::expect_gradients_match_finite_differences(power, {testing::ramp({3})});
    testing::expect_second_derivatives_match_finite_differences(power, {testing::ramp({3})}, 1e-5);
  }
}

TEST(Power, HasAFiniteDerivativeAtZeroForWholeExponents) {
  GradientTape tape;
  const Tensor x = Tensor::zeros({1}, DType::float64);
  tape.watch(x);
  testing::expect_values(tape.gradient(ops::power(x, 0.0), {x})[0], {1}, {0});
}

TEST(Power, TakesAnExponentForEachElement) {
  const Tensor x = Tensor::from<double>({2, 3}, {2, 1});
  const Tensor exponents = Tensor::from<double>({0, 1, 2}, {3});
  testing::expect_values(ops::power(x, exponents), {2, 3}, {1, 2, 4, 1, 3, 9});
  const auto power = [](const Tensors& operands) { return ops::power(operands[0], operands[1]); };
  testing::expect_gradients_match_finite_differences(power, {x, exponents});
  testing::expect_second_derivatives_match_finite_differences(power, {x, exponents}, 1e-5);
}

TEST(Power, HasNoDerivativeInTheExponentOfANegativeNumber) {
  GradientTape tape;
  const Tensor exponent = Tensor::from<double>({2, 2}, {2});
  tape.watch(exponent);
  const Tensor y = ops::power(Tensor::from<double>({-3, 1}, {2}), exponent);
  testing::expect_values(tape.gradient(y, {exponent})[0], {2}, {0, 0});
}

}  // namespace
}  // namespace sepal
