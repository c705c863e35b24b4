#include "sepal/ops/functions.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_values;

Tensor numbers(std::initializer_list<double> values) {
  return Tensor::from<double>(values, {static_cast<std::int64_t>(values.size())});
}

TEST(Functions, HaveTheValuesOfTheStandardLibrary) {
  const Tensor x = numbers({0.5, 2.0});
  expect_values(ops::sin(x), {2}, {std::sin(0.5), std::sin(2.0)});
  expect_values(ops::cos(x), {2}, {std::cos(0.5), std::cos(2.0)});
  expect_values(ops::tan(x), {2}, {std::tan(0.5), std::tan(2.0)});
  expect_values(ops::sinh(x), {2}, {std::sinh(0.5), std::sinh(2.0)});
  expect_values(ops::cosh(x), {2}, {std::cosh(0.5), std::cosh(2.0)});
  expect_values(ops::arctan(x), {2}, {std::atan(0.5), std::atan(2.0)});
  expect_values(ops::erf(x), {2}, {std::erf(0.5), std::erf(2.0)});
  expect_values(ops::expm1(x), {2}, {std::expm1(0.5), std::expm1(2.0)});
  expect_values(ops::log1p(x), {2}, {std::log1p(0.5), std::log1p(2.0)});
  expect_values(ops::log2(x), {2}, {-1, 1});
  expect_values(ops::log10(numbers({0.1, 1000.0})), {2}, {-1, 3});
  expect_values(ops::reciprocal(x), {2}, {2, 0.5});
  expect_values(ops::rsqrt(numbers({4.0, 0.25})), {2}, {0.5, 2});
  expect_values(ops::arcsin(numbers({-1.0, 0.3})), {2}, {std::asin(-1.0), std::asin(0.3)});
  expect_values(ops::arccos(numbers({-1.0, 0.3})), {2}, {std::acos(-1.0), std::acos(0.3)});
  expect_values(ops::arcsinh(x), {2}, {std::asinh(0.5), std::asinh(2.0)});
  expect_values(ops::arccosh(numbers({1.0, 2.0})), {2}, {0, std::acosh(2.0)});
  expect_values(ops::arctanh(numbers({-0.9, 0.5})), {2}, {std::atanh(-0.9), std::atanh(0.5)});
  expect_values(ops::erfc(x), {2}, {std::erfc(0.5), std::erfc(2.0)});
  expect_values(ops::cbrt(numbers({-27.0, 0.125})), {2}, {-3, 0.5});
  expect_values(ops::trunc(numbers({-1.7, 1.7})), {2}, {-1, 1});
}

TEST(Functions, InvertTheErrorFunction) {
  for (const double x : {-3.5, -1.0, -1e-9, 0.0, 1e-3, 0.7, 2.0, 4.0}) {
    const double y = std::erf(x);
    // Near the ends one unit of y moves x by 1 / slope.
    const double unit = 1e-15 + 2.3e-16 * std::exp(x * x);
    EXPECT_NEAR(ops::erfinv(numbers({y})).at(0), x, unit) << x;
  }
  EXPECT_TRUE(std::isinf(ops::erfinv(numbers({1.0})).at(0)));
  EXPECT_TRUE(std::isnan(ops::erfinv(numbers({1.5})).at(0)));
}

TEST(Functions, FindAnglesAndRestsOfPairs) {
  const Tensor y = numbers({1.0, -1.0, 2.5});
  const Tensor x = numbers({1.0, -1.0, -0.5});
  expect_values(ops::arctan2(y, x), {3},
                {std::atan2(1.0, 1.0), std::atan2(-1.0, -1.0), std::atan2(2.5, -0.5)});
  expect_values(ops::fmod(y, x), {3}, {0, 0, 0});
  expect_values(ops::fmod(numbers({-7.5, 7.5}), numbers({2.0, -2.0})), {2}, {-1.5, 1.5});
  const auto both = [](const Tensors& in) { return ops::arctan2(in[0], in[1]); };
  testing::expect_gradients_match_finite_differences(both, {y, numbers({0.3, -2.0, 0.7})});
  // Broadcast, too.
  testing::expect_gradients_match_finite_differences(both, {y, Tensor::scalar(0.4, DType::float64)});
  const auto rest = [](const Tensors& in) { return ops::fmod(in[0], in[1]); };
  testing::expect_gradients_match_finite_differences(rest, {numbers({-7.3, 7.1}), numbers({2.0, -1.5})});
}

TEST(Functions, HaveTheDerivativesOfFiniteDifferences) {
  const Tensor x = numbers({0.3, 0.9, 1.4});
  for (const auto function :
       {&ops::sin,   &ops::cos,   &ops::tan,   &ops::sinh,  &ops::cosh,       &ops::arctan, &ops::erf,
        &ops::expm1, &ops::log1p, &ops::log2,  &ops::log10, &ops::reciprocal, &ops::rsqrt,  &ops::arcsinh,
        &ops::erfc,  &ops::cbrt,  &ops::trunc, &ops::floor, &ops::ceil,       &ops::round}) {
    const auto f = [&](const Tensors& in) { return function(in[0]); };
    testing::expect_gradients_match_finite_differences(f, {x});
    testing::expect_second_derivatives_match_finite_differences(f, {x}, 1e-4);
  }
}

TEST(Functions, OfABoundedIntervalHaveTheirDerivatives) {
  const Tensor inside = numbers({-0.6, 0.3, 0.8});
  for (const auto function : {&ops::arcsin, &ops::arccos, &ops::arctanh, &ops::erfinv}) {
    testing::expect_gradients_match_finite_differences([&](const Tensors& in) { return function(in[0]); },
                                                       {inside});
  }
  testing::expect_gradients_match_finite_differences([](const Tensors& in) { return ops::arccosh(in[0]); },
                                                     {numbers({1.3, 2.5})});
}

TEST(Functions, RoundHalvesToTheEvenNumber) {
  const Tensor x = numbers({-1.5, -0.5, 0.5, 1.5, 2.5, 1.2});
  expect_values(ops::round(x), {6}, {-2, 0, 0, 2, 2, 1});
  expect_values(ops::floor(x), {6}, {-2, -1, 0, 1, 2, 1});
  expect_values(ops::ceil(x), {6}, {-1, 0, 1, 2, 3, 2});
}

TEST(Functions, LeaveARestWithTheSignOfTheDivisor) {
  const Tensor x = numbers({5.5, -5.5, 5.5, -5.5, 4.0});
  const Tensor by = numbers({2.0, 2.0, -2.0, -2.0, 2.0});
  expect_values(ops::mod(x, by), {5}, {1.5, 0.5, -0.5, -1.5, 0});
  expect_values(ops::floor_divide(x, by), {5}, {2, -3, -3, 2, 2});
  const auto rest = [](const Tensors& in) { return ops::mod(in[0], in[1]); };
  testing::expect_gradients_match_finite_differences(rest, {numbers({5.3, -4.1}), numbers({2.0})});
}

TEST(Functions, ReduceWithoutOverflow) {
  const Tensor x = Tensor::from<double>({1000, 1000, 0, std::log(3.0)}, {2, 2});
  expect_values(ops::logsumexp(x, {{1}}), {2}, {1000 + std::log(2.0), std::log(4.0)});
  expect_values(ops::variance(testing::ramp({2, 3}), {{1}}, true), {2, 1}, {2.0 / 3, 2.0 / 3});
  expect_values(ops::standard_deviation(numbers({1, 5})), {}, {2});
  const Tensor y = testing::varied({2, 3});
  for (const auto reduce : {&ops::logsumexp, &ops::variance, &ops::standard_deviation}) {
    const auto f = [&](const Tensors& in) { return reduce(in[0], std::vector<std::int64_t>{1}, false); };
    testing::expect_gradients_match_finite_differences(f, {y});
  }
}

}  // namespace
}  // namespace sepal
