#include "sepal/ops/color.h"

#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_close;

Tensor colors(std::initializer_list<double> values) {
  return Tensor::from<double>(values, {static_cast<std::int64_t>(values.size()) / 3, 3});
}

TEST(Color, TurnsIntoHueSaturationAndValue) {
  const Tensor rgb = colors({1, 0, 0, 0, 0.5, 0, 0, 0, 1, 0.2, 0.2, 0.2, 0, 0, 0, 1, 0.5, 0.75});
  // A red with some blue is an eleventh of twelve parts on the circle.
  const Tensor hsv = colors({0, 1, 1, 1.0 / 3, 1, 0.5, 2.0 / 3, 1, 1, 0, 0, 0.2, 0, 0, 0, 11.0 / 12, 0.5, 1});
  expect_close(ops::rgb_to_hsv(rgb), hsv, 1e-12, 0.0);
  expect_close(ops::hsv_to_rgb(hsv), rgb, 1e-12, 0.0);
}

TEST(Color, BecomesGray) {
  const Tensor gray = ops::rgb_to_grayscale(colors({1, 0, 0, 0, 1, 0, 0.5, 0.5, 0.5}));
  expect_close(gray, Tensor::from<double>({0.2989, 0.587, 0.49995}, {3, 1}), 1e-12, 0.0);
  testing::expect_error<ValueError>([] { (void)ops::rgb_to_hsv(Tensor::zeros({2, 4})); }, {"3", "(2, 4)"});
}

TEST(Color, HasTheDerivativesOfFiniteDifferences) {
  const Tensor rgb = colors({0.9, 0.3, 0.1, 0.2, 0.8, 0.5, 0.35, 0.15, 0.6});
  for (const auto function : {&ops::rgb_to_grayscale, &ops::rgb_to_hsv, &ops::hsv_to_rgb}) {
    testing::expect_gradients_match_finite_differences([&](const Tensors& in) { return function(in[0]); },
                                                       {rgb});
  }
}

}  // namespace
}  // namespace sepal
