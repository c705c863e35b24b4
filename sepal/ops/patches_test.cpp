#include "sepal/ops/patches.h"

#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_values;
using testing::varied;

TEST(Patches, AreWindowsInTheirOrder) {
  const Tensor image = Tensor::from<double>({1, 2, 3, 4, 5, 6}, {1, 2, 3, 1});
  const Tensor y = ops::patches(image, {.window = 2}, {.window = 2});
  expect_values(y, {1, 1, 2, 2, 2, 1}, {1, 2, 4, 5, 2, 3, 5, 6});
  // Every other column, zeros in front.
  const Tensor z = ops::patches(image, {}, {.window = 2, .stride = 2, .before = 1});
  expect_values(z, {1, 2, 2, 1, 2, 1}, {0, 1, 2, 3, 0, 4, 5, 6});
  testing::expect_error<ValueError>([&] { (void)ops::patches(image, {.window = 3}, {}); }, {"3", "2"});
}

TEST(Patches, AddUpToImages) {
  const Tensor windows = Tensor::from<double>({1, 2, 4, 5, 2, 3, 5, 6}, {1, 1, 2, 2, 2, 1});
  const Tensor y = ops::sum_of_patches(windows, {.window = 2}, {.window = 2}, 2, 3);
  // The middle column is in both windows.
  expect_values(y, {1, 2, 3, 1}, {1, 4, 3, 4, 10, 6});
  testing::expect_error<ValueError>(
      [&] { (void)ops::sum_of_patches(windows, {.window = 2}, {.window = 2}, 3, 3); },
      {"3 x 3", "(1, 1, 2, 2, 2, 1)"});
}

TEST(Patches, HaveTheDerivativesOfFiniteDifferences) {
  const ops::PatchAxis rows{.window = 2, .stride = 2, .dilation = 2, .before = 1, .after = 1};
  const ops::PatchAxis columns{.window = 3, .stride = 1, .dilation = 1, .before = 0, .after = 2};
  const auto taken = [&](const Tensors& in) { return ops::patches(in[0], rows, columns); };
  const Tensor image = varied({2, 5, 4, 2});
  testing::expect_gradients_match_finite_differences(taken, {image});
  const auto summed = [&](const Tensors& in) { return ops::sum_of_patches(in[0], rows, columns, 5, 4); };
  testing::expect_gradients_match_finite_differences(summed, {ops::patches(image, rows, columns)});
}

}  // namespace
}  // namespace sepal
