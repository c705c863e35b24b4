#include "sepal/ops/reduce.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/ops/elementwise.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal::ops {
namespace {

using testing::error_text;
using testing::expect_gradients_match_finite_differences;
using testing::expect_second_derivatives_match_finite_differences;
using testing::expect_values;
using testing::ramp;
using testing::small_integers;
using testing::varied;

struct Reference {
  std::vector<double> sum;
  std::vector<double> max;
  std::vector<double> min;
};

// Element by element, with indices written out; results as with keepdims.
Reference reference(const Tensor& x, const std::vector<std::int64_t>& axes) {
  Shape kept = x.shape();
  for (const std::int64_t axis : axes) kept[static_cast<int>(axis)] = 1;
  const auto count = static_cast<std::size_t>(kept.num_elements());
  const double infinity = std::numeric_limits<double>::infinity();
  Reference r{std::vector<double>(count, 0.0), std::vector<double>(count, -infinity),
              std::vector<double>(count, infinity)};
  for (std::int64_t i = 0; i < x.num_elements(); ++i) {
    std::int64_t rest = i;
    std::int64_t target = 0;
    std::int64_t stride = 1;
    for (int k = x.rank() - 1; k >= 0; --k) {
      const std::int64_t at = rest % x.shape()[k];
      rest /= x.shape()[k];
      if (kept[k] != 1) target += at * stride;
      stride *= kept[k];
    }
    const auto t = static_cast<std::size_t>(target);
    r.sum[t] += x.at(i);
    r.max[t] = std::max(r.max[t], x.at(i));
    r.min[t] = std::min(r.min[t], x.at(i));
  }
  return r;
}

struct Reduction {
  Shape shape;
  std::vector<std::int64_t> axes;
};

// Rows, columns, global pooling, batch norm, bias of channels_first, every other axis, everything; long
// enough that rows and columns are cut into pieces.
const std::vector<Reduction> kReductions{{{7, 13}, {1}},
                                         {{7, 13}, {0}},
                                         {{3, 5, 6, 8}, {1, 2}},
                                         {{3, 5, 6, 8}, {0, 1, 2}},
                                         {{3, 5, 6, 8}, {0, 2, 3}},
                                         {{3, 5, 6, 8}, {1, 3}},
                                         {{3, 5, 6, 8}, {0, 2}},
                                         {{3, 5, 6, 8}, {0, 1, 2, 3}},
                                         {{100003}, {0}},
                                         {{3, 40009}, {1}},
                                         {{9001, 17}, {0}},
                                         {{41, 2050}, {0}},
                                         {{1, 4, 1}, {0, 2}},
                                         {{2, 3}, {}},
                                         {{}, {}}};

TEST(Reduce, MatchesLoopsOverIndices) {
  for (const Reduction& c : kReductions) {
    SCOPED_TRACE(c.shape.str());
    // Whole numbers: every order of additions gives the same sum.
    for (const DType dtype : {DType::float32, DType::float64}) {
      const Tensor x = small_integers(c.shape, 3, dtype, 9);
      const Reference want = reference(x, c.axes);
      const Tensor total = sum(x, c.axes, true);
      expect_values(total, total.shape(), want.sum, 0, 0);
      expect_values(max(x, c.axes, true), total.shape(), want.max, 0, 0);
      expect_values(min(x, c.axes, true), total.shape(), want.min, 0, 0);
    }
  }
}

TEST(Reduce, DropsOrKeepsAxes) {
  const Tensor x = ramp({2, 3, 4});
  EXPECT_EQ(sum(x, {{1}}).shape(), Shape({2, 4}));
  EXPECT_EQ(mean(x, {{-1, 0}}, true).shape(), Shape({1, 3, 1}));
  EXPECT_EQ(max(x).shape(), Shape({}));
  expect_values(mean(x), {}, {12.5});
  expect_values(mean(x, {{0, 2}}), {3}, {8.5, 12.5, 16.5});
  expect_values(sum(x, {{}}), {2, 3, 4},
                std::vector<double>(x.values<double>().begin(), x.values<double>().end()));
}

TEST(Reduce, ReducesNothingAsNumPyDoes) {
  const double infinity = std::numeric_limits<double>::infinity();
  expect_values(sum(Tensor::zeros({2, 0}), {{1}}), {2}, {0, 0});
  EXPECT_TRUE(std::isnan(mean(Tensor::zeros({0})).item()));
  expect_values(max(Tensor::zeros({2, 0}), {{1}}), {2}, {-infinity, -infinity});
}

TEST(Reduce, KeepsNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = Tensor::from<double>({1, nan, 2, nan, 1, 2, 3, 4}, {2, 4});
  expect_values(max(x, {{1}}), {2}, {nan, 4});
  expect_values(min(x, {{1}}), {2}, {nan, 1});
  expect_values(max(x, {{0}}), {4}, {1, nan, 3, nan});
  expect_values(sum(x, {{0}}), {4}, {2, nan, 5, nan});
}

TEST(Sum, IsAccurateInFloat32) {
  // 16M times 0.1f: plain float32 addition stops at 2M.
  const std::int64_t n = std::int64_t{1} << 24;
  EXPECT_EQ(sum(Tensor::full({n}, 0.1)).item(),
            static_cast<float>(static_cast<double>(0.1F) * static_cast<double>(n)));
}

TEST(Reduce, HasGradients) {
  const std::vector<std::optional<std::vector<std::int64_t>>> axes{std::nullopt, {{0}},    {{1}}, {{2}},
                                                                   {{0, 2}},     {{1, 2}}, {{}}};
  for (const auto& a : axes) {
    for (const bool keepdims : {false, true}) {
      const std::vector<std::function<Tensor(const Tensors&)>> functions{
          [&](const Tensors& x) { return square(sum(x[0], a, keepdims)); },
          [&](const Tensors& x) { return square(mean(x[0], a, keepdims)); },
          [&](const Tensors& x) { return square(max(x[0], a, keepdims)); },
          [&](const Tensors& x) { return square(min(x[0], a, keepdims)); }};
      for (const auto& f : functions) {
        expect_gradients_match_finite_differences(f, {varied({2, 3, 4})});
        expect_second_derivatives_match_finite_differences(f, {varied({2, 3, 2})});
      }
    }
  }
}

TEST(Max, SharesTheGradientAmongTies) {
  // tf.reduce_max and keras.ops.max give a half and a third.
  const Tensor x = Tensor::from<double>({1, 2, 2, 3, 3, 3}, {2, 3});
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const Tensor rows = max(x, {{1}});
  const Tensor columns = max(x, {{0}});
  expect_values(tape.gradient(rows, {x})[0], {2, 3}, {0, 0.5, 0.5, 1.0 / 3, 1.0 / 3, 1.0 / 3});
  expect_values(tape.gradient(columns, {x})[0], {2, 3}, {0, 0, 0, 1, 1, 1});
}

TEST(Argmax, GivesTheFirstOfTheLargest) {
  const Tensor x = Tensor::from<double>({1, 3, 3, 5, 2, 5}, {2, 3});
  expect_values(argmax(x), {2}, {1, 0});
  expect_values(argmax(x, 0), {3}, {1, 0, 1});
  EXPECT_EQ(argmax(x).dtype(), DType::int64);
  EXPECT_EQ(argmax(Tensor::from<double>({1, std::nan(""), 2}, {3})).item(), 2);
}

TEST(SumToShape, UndoesBroadcasting) {
  expect_values(testing::ramp({2, 3}), {2, 3}, {1, 2, 3, 4, 5, 6});
  expect_values(sum_to_shape(ramp({2, 3}), {3}), {3}, {5, 7, 9});
  expect_values(sum_to_shape(ramp({2, 3}), {2, 1}), {2, 1}, {6, 15});
  expect_values(sum_to_shape(ramp({2, 3}), {}), {}, {21});
  expect_values(sum_to_shape(ramp({2, 3, 2}), {3, 1}), {3, 1}, {18, 26, 34});
  EXPECT_THROW((void)sum_to_shape(ramp({2, 3}), {2}), ValueError);
  expect_gradients_match_finite_differences(
      [](const Tensors& x) {
        return sum_to_shape(x[0], {3, 1});
      },
      {varied({2, 3, 2})});
}

TEST(Reduce, NamesBadAxes) {
  const std::string text = error_text<ValueError>([] { (void)sum(ramp({2, 3}), {{2}}); });
  EXPECT_NE(text.find("axis=2"), std::string::npos) << text;
  const std::string twice = error_text<ValueError>([] { (void)sum(ramp({2, 3}), {{0, -2}}); });
  EXPECT_NE(twice.find("axis=(0, -2)"), std::string::npos) << twice;
  EXPECT_THROW((void)argmax(ramp({2, 3}), 2), ValueError);
  EXPECT_THROW((void)sum(Tensor::zeros({2}, DType::int32)), TypeError);
}

TEST(Reduce, HasTheSameBitsForAnyThreadCount) {
  for (const Reduction& c : kReductions) {
    SCOPED_TRACE(c.shape.str());
    const Tensor x = varied(c.shape, 5, DType::float32);
    testing::expect_same_bits_for_any_thread_count([&] {
      GradientTape tape({.persistent = true});
      tape.watch(x);
      const Tensor average = mean(x, c.axes);
      const Tensor most = max(x, c.axes);
      return Tensors{average, most, tape.gradient(average, {x})[0], tape.gradient(most, {x})[0]};
    });
  }
}

}  // namespace
}  // namespace sepal::ops
