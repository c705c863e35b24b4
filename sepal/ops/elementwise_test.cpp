#include "sepal/ops/elementwise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal::ops {
namespace {

using testing::error_text;
using testing::expect_gradients_match_finite_differences;
using testing::expect_second_derivatives_match_finite_differences;
using testing::expect_values;
using testing::varied;

using Pair = Tensor (*)(const Tensor&, const Tensor&);
const std::vector<std::pair<const char*, Pair>> kPairs{{"add", add},           {"subtract", subtract},
                                                       {"multiply", multiply}, {"divide", divide},
                                                       {"maximum", maximum},   {"minimum", minimum}};

Tensor vector(std::initializer_list<double> values) {
  return Tensor::from<double>(values, {static_cast<std::int64_t>(values.size())});
}

TEST(Elementwise, AddsSubtractsMultipliesAndDivides) {
  const Tensor a = vector({1, 2, -6});
  const Tensor b = vector({4, 0.5, 3});
  expect_values(add(a, b), {3}, {5, 2.5, -3});
  expect_values(subtract(a, b), {3}, {-3, 1.5, -9});
  expect_values(multiply(a, b), {3}, {4, 1, -18});
  expect_values(divide(a, b), {3}, {0.25, 4, -2});
  expect_values(maximum(a, b), {3}, {4, 2, 3});
  expect_values(minimum(a, b), {3}, {1, 0.5, -6});
  expect_values(add(a, 0.5), {3}, {1.5, 2.5, -5.5});
  expect_values(multiply(a, -2.0), {3}, {-2, -4, 12});
}

// One element of the result, computed with indices written out.
double broadcast_at(const Tensor& t, const Shape& out, std::int64_t index) {
  std::int64_t at = 0;
  std::int64_t stride = 1;
  for (int i = 1; i <= out.rank(); ++i) {
    const std::int64_t position = index % out[-i];
    index /= out[-i];
    if (i > t.rank()) continue;
    if (t.shape()[-i] != 1) at += position * stride;
    stride *= t.shape()[-i];
  }
  return t.at(at);
}

struct ShapePair {
  Shape a;
  Shape b;
  Shape out;
};

// Same, scalar, bias, a row longer than the repeated tile, squeeze-and-excite, outer product, both broadcast.
const std::vector<ShapePair> kShapes{{{2, 3}, {2, 3}, {2, 3}},
                                     {{2, 3}, {}, {2, 3}},
                                     {{}, {2, 3}, {2, 3}},
                                     {{}, {}, {}},
                                     {{1, 1}, {1}, {1, 1}},
                                     {{5, 40, 41, 3}, {3}, {5, 40, 41, 3}},
                                     {{7}, {60, 20, 7}, {60, 20, 7}},
                                     {{130, 300}, {300}, {130, 300}},
                                     {{2, 50, 40, 8}, {2, 1, 1, 8}, {2, 50, 40, 8}},
                                     {{2, 8, 50, 40}, {8, 1, 1}, {2, 8, 50, 40}},
                                     {{200, 1}, {1, 100}, {200, 100}},
                                     {{3, 1, 5, 1}, {2, 1, 4}, {3, 2, 5, 4}},
                                     {{0, 3}, {3}, {0, 3}}};

TEST(Elementwise, BroadcastsAsNumPy) {
  for (const ShapePair& shapes : kShapes) {
    SCOPED_TRACE(shapes.a.str() + " and " + shapes.b.str());
    const Tensor a = varied(shapes.a, 1);
    const Tensor b = varied(shapes.b, 2);
    const Tensor got = subtract(a, b);
    ASSERT_EQ(got.shape(), shapes.out);
    for (std::int64_t i = 0; i < got.num_elements(); ++i) {
      ASSERT_EQ(got.at(i), broadcast_at(a, shapes.out, i) - broadcast_at(b, shapes.out, i)) << i;
    }
  }
}

TEST(Elementwise, HasGradientsThroughBroadcasting) {
  for (const auto& [name, op] : kPairs) {
    SCOPED_TRACE(name);
    const auto f = [op = op](const Tensors& x) { return op(x[0], x[1]); };
    expect_gradients_match_finite_differences(f, {varied({2, 3}, 1), varied({2, 3}, 2)});
    expect_gradients_match_finite_differences(f, {varied({2, 3, 4}, 1), varied({4}, 2)});
    expect_gradients_match_finite_differences(f, {varied({1, 4}, 1), varied({3, 1}, 2)});
    expect_gradients_match_finite_differences(f, {varied({}, 1), varied({2, 2}, 2)});
    expect_second_derivatives_match_finite_differences(f, {varied({2, 3}, 1), varied({3}, 2)});
  }
}

TEST(Elementwise, HasGradientsOfFunctionsOfOneNumber) {
  using Function = Tensor (*)(const Tensor&);
  const std::vector<std::pair<const char*, Function>> functions{
      {"negative", negative},
      {"exp", exp},
      {"log of a square", [](const Tensor& x) { return log(square(x)); }},
      {"sqrt of a square", [](const Tensor& x) { return sqrt(square(x)); }},
      {"square", square},
      {"abs", abs},
      {"sign", sign},
      {"clip", [](const Tensor& x) { return clip(x, -0.5, 0.7); }},
      {"add", [](const Tensor& x) { return add(x, 3.0); }},
      {"multiply", [](const Tensor& x) { return multiply(x, 3.0); }},
      {"cast", [](const Tensor& x) { return square(cast(cast(x, DType::float64), DType::float64)); }}};
  for (const auto& [name, function] : functions) {
    SCOPED_TRACE(name);
    const auto f = [op = function](const Tensors& x) { return op(x[0]); };
    expect_gradients_match_finite_differences(f, {varied({2, 5})});
    expect_second_derivatives_match_finite_differences(f, {varied({2, 5})});
  }
}

TEST(Elementwise, ComputesFunctionsOfOneNumber) {
  expect_values(exp(vector({0, 1, -1})), {3}, {1, 2.718281828459045, 0.36787944117144233}, 1e-15);
  expect_values(log(vector({1, 2, 10})), {3}, {0, 0.6931471805599453, 2.302585092994046}, 1e-15);
  expect_values(sqrt(vector({0, 2, 9})), {3}, {0, 1.4142135623730951, 3}, 1e-15);
  expect_values(square(vector({-3, 0.5})), {2}, {9, 0.25});
  expect_values(abs(vector({-3, 0, 2})), {3}, {3, 0, 2});
  expect_values(sign(vector({-3, 0, 2})), {3}, {-1, 0, 1});
  expect_values(clip(vector({-3, 0, 2}), -1, 1), {3}, {-1, 0, 1});
}

// Largest error in units of the last place of the float32 result.
double largest_ulps(Tensor (*f)(const Tensor&), const Tensor& x) {
  const Tensor got = f(x);
  const Tensor want = f(x.astype(DType::float64));
  double worst = 0;
  for (std::int64_t i = 0; i < got.num_elements(); ++i) {
    const float value = std::abs(static_cast<float>(want.at(i)));
    const double ulp = std::nextafter(value, std::numeric_limits<float>::infinity()) - value;
    worst = std::max(worst, std::abs(got.at(i) - want.at(i)) / ulp);
  }
  return worst;
}

TEST(Elementwise, IsAccurateInFloat32) {
  const Tensor x = multiply(varied({100000}, 3, DType::float32), 40.0);
  EXPECT_LT(largest_ulps(exp, x), 1.5);
  EXPECT_LT(largest_ulps([](const Tensor& v) { return log(abs(v)); }, x), 1.5);
}

TEST(Elementwise, GivesTheDerivativesOfTensorFlowAtKinks) {
  const Tensor a = vector({1, 2, 3});
  const Tensor b = vector({1, 3, 2});
  for (const bool largest : {true, false}) {
    GradientTape tape;
    tape.watch(a);
    tape.watch(b);
    const Tensor y = largest ? maximum(a, b) : minimum(a, b);
    const Tensors g = tape.gradient(y, {a, b});
    expect_values(g[0], {3}, largest ? std::vector<double>{1, 0, 1} : std::vector<double>{1, 1, 0});
    expect_values(g[1], {3}, largest ? std::vector<double>{0, 1, 0} : std::vector<double>{0, 0, 1});
  }
  const auto slope = [](const auto& f, const Tensor& x) {
    GradientTape tape;
    tape.watch(x);
    const Tensor y = f(x);
    return tape.gradient(y, {x})[0];
  };
  expect_values(slope(abs, vector({0, -1, 2})), {3}, {0, -1, 1});
  expect_values(slope([](const Tensor& x) { return clip(x, -1, 1); }, vector({-2, -1, 0, 1, 2})), {5},
                {0, 1, 1, 1, 0});
}

TEST(Elementwise, KeepsNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  expect_values(maximum(vector({nan, 1}), vector({1, nan})), {2}, {nan, nan});
  expect_values(minimum(vector({nan, 1}), vector({1, nan})), {2}, {nan, nan});
  expect_values(clip(vector({nan}), 0, 1), {1}, {nan});
  expect_values(sign(vector({nan})), {1}, {nan});
}

TEST(Add, HandsTheGradientOn) {
  const Tensor a = varied({4, 4}, 1);
  const Tensor b = varied({4, 4}, 2);
  const Tensor g = varied({4, 4}, 3);
  GradientTape tape;
  tape.watch(a);
  tape.watch(b);
  const Tensor y = add(a, b);
  const Tensors gradients = tape.gradient(y, {a, b}, g);
  EXPECT_EQ(gradients[0].raw(), g.raw());
  EXPECT_EQ(gradients[1].raw(), g.raw());
}

TEST(Where, ChoosesByTheMask) {
  const Tensor mask = Tensor::from<double>({1, 0, 1}, {3}).astype(DType::boolean);
  expect_values(where(mask, vector({1, 2, 3}), vector({4, 5, 6})), {3}, {1, 5, 3});
  const auto f = [&](const Tensors& x) { return multiply(where(mask, x[0], x[1]), x[0]); };
  expect_gradients_match_finite_differences(f, {varied({3}, 1), varied({3}, 2)});
  expect_second_derivatives_match_finite_differences(f, {varied({3}, 1), varied({3}, 2)});
}

TEST(Where, RefusesOtherShapesAndMasksThatAreNotBoolean) {
  const Tensor mask = Tensor::zeros({3}, DType::boolean);
  const std::string text = error_text<ValueError>([&] { (void)where(mask, vector({1, 2, 3}), vector({1})); });
  EXPECT_NE(text.find("x2.shape=(1,)"), std::string::npos) << text;
  EXPECT_THROW((void)where(vector({1}), vector({1}), vector({1})), TypeError);
}

TEST(Cast, CastsTheGradientBack) {
  const Tensor x = varied({3});
  GradientTape tape;
  tape.watch(x);
  const Tensor y = square(cast(x, DType::float32));
  const Tensor g = tape.gradient(y, {x})[0];
  ASSERT_EQ(g.dtype(), DType::float64);
  testing::expect_close(g, multiply(x, 2.0), 1e-6, 0);
}

TEST(Cast, GoesThroughStorageTypes) {
  const Tensor x = vector({1, 2});
  GradientTape tape;
  tape.watch(x);
  const Tensor y = cast(cast(x, DType::bfloat16), DType::float64);
  expect_values(tape.gradient(y, {x})[0], {2}, {1, 1});
}

TEST(Elementwise, NamesTheShapesThatDoNotBroadcast) {
  const std::string text = error_text<ValueError>([] {
    (void)add(Tensor::zeros({2, 3}), Tensor::zeros({4}));
  });
  EXPECT_NE(text.find("(2, 3) and (4,)"), std::string::npos) << text;
}

TEST(Elementwise, NamesTheDtypesThatDiffer) {
  const std::string text = error_text<TypeError>(
      [] { (void)add(Tensor::zeros({2}, DType::float32), Tensor::zeros({2}, DType::float64)); });
  EXPECT_NE(text.find("float32 and float64"), std::string::npos) << text;
  EXPECT_THROW((void)add(Tensor::zeros({2}, DType::int32), Tensor::zeros({2}, DType::int32)), TypeError);
  EXPECT_THROW((void)add(Tensor::zeros({2}), Tensor()), ValueError);
}

TEST(Elementwise, HasTheSameBitsForAnyThreadCount) {
  const Tensor x = varied({37, 29, 31, 8}, 0, DType::float32);
  const Tensor row = varied({8}, 1, DType::float32);
  testing::expect_same_bits_for_any_thread_count([&] {
    GradientTape tape;
    tape.watch(x);
    tape.watch(row);
    const Tensor y = multiply(exp(x), row);
    Tensors results = tape.gradient(y, {x, row});
    results.push_back(y);
    return results;
  });
}

}  // namespace
}  // namespace sepal::ops
