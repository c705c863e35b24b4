// Expected numbers are those of Keras 3.15.1 on TensorFlow 2.21 (keras.ops.image), float32.
#include "sepal/ops/image.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

Tensor picture() {
  return Tensor::from<float>({0.5, -1, 2, 0.25, 3, 1.5, -0.75, 4, 1, 2, 3, -2}, {1, 3, 4, 1});
}

const ops::AffineTransform kSkew{0.9, -0.4, 0.7, 0.3, 1.1, -1.2};
const ops::AffineTransform kFarShift{1, 0, -6.3, 0, 1, 5.2};

Tensor warped(const ops::AffineTransform& transform, ops::Interpolation interpolation, ops::FillMode mode) {
  return ops::affine_transform(picture(), {transform},
                               {.interpolation = interpolation, .fill_mode = mode, .fill_value = 10.0});
}

TEST(Resize, MixesTheNeighborsWhenBilinear) {
  testing::expect_values(ops::resize(picture(), 5, 3, ops::Interpolation::bilinear), {1, 5, 3, 1},
                         {0.25, 0.5, 0.5416664, 1.25, 0.45, 1.6083335, 2.75, 0.375, 3.208334, 1.7999998, 1.65,
                          0.5833325, 1.1666668, 2.5, -1.1666675},
                         1e-6, 1e-6);
}

TEST(Resize, TakesTheNearestPixel) {
  testing::expect_values(ops::resize(picture(), 2, 7, ops::Interpolation::nearest), {1, 2, 7, 1},
                         {0.5, 0.5, -1, 2, 2, 0.25, 0.25, 1, 1, 2, 3, 3, -2, -2});
}

TEST(Resize, TreatsBothLayoutsAlike) {
  const Tensor x = testing::varied({2, 4, 5, 3}, 1);
  const Tensor last = ops::resize(x, 6, 3, ops::Interpolation::bilinear);
  const Tensor first = ops::resize(ops::transpose(x, {0, 3, 1, 2}), 6, 3, ops::Interpolation::bilinear, true);
  testing::expect_same_bits(ops::transpose(first, {0, 2, 3, 1}), last);
}

TEST(Resize, HasTheGradientsOfFiniteDifferences) {
  const auto enlarge = [](const Tensors& x) { return ops::resize(x[0], 5, 2, ops::Interpolation::bilinear); };
  testing::expect_gradients_match_finite_differences(enlarge, {testing::varied({2, 3, 4, 2}, 2)});
  testing::expect_second_derivatives_match_finite_differences(enlarge, {testing::varied({1, 3, 4, 1}, 2)});
}

TEST(Resize, DoesNotDependOnThreads) {
  testing::expect_same_bits_for_any_thread_count([] {
    return Tensors{ops::resize(testing::varied({2, 40, 50, 8}, 1), 90, 70, ops::Interpolation::bilinear)};
  });
}

TEST(Resize, NamesWhatItCannotDo) {
  testing::expect_error<ValueError>([] { (void)ops::interpolation_from_name("cubic"); },
                                    {"`interpolation`", "Received: interpolation=cubic"});
  testing::expect_error<ValueError>([] { (void)ops::resize(picture(), 0, 3, ops::Interpolation::nearest); },
                                    {"`size`", "(0, 3)"});
}

TEST(AffineTransform, FillsTheOutsideAsItsModeSays) {
  using ops::FillMode;
  const auto skewed = [](FillMode mode) { return warped(kSkew, ops::Interpolation::bilinear, mode); };
  testing::expect_values(skewed(FillMode::constant), {1, 3, 4, 1},
                         {10, 9.08, 6.45, 5.904999, 1.045, -0.11, 0.775, 3.249999, 3.7, 1.8, 1.59, 0.21},
                         1e-6, 1e-6);
  testing::expect_values(skewed(FillMode::nearest), {1, 3, 4, 1},
                         {-0.55, 0.8, 1.125, 0.25, 0.05, -0.11, 0.775, 3.249999, 3, 1.8, 1.59, 0.21}, 1e-6,
                         1e-6);
  testing::expect_values(skewed(FillMode::reflect), {1, 3, 4, 1},
                         {-0.05, 0.8, 1.125, 0.25, 0.05, -0.11, 0.775, 3.249999, 3, 1.8, 1.59, 0.21}, 1e-6,
                         1e-6);
  testing::expect_values(skewed(FillMode::wrap), {1, 3, 4, 1},
                         {1.75, 2.6, 0.5, 1, 1.3, -0.11, 0.775, 3.249999, 4, 1.8, 1.59, 0.21}, 1e-6, 1e-6);
}

TEST(AffineTransform, FindsPlacesFarOutside) {
  using ops::FillMode;
  const auto bilinear = [](FillMode mode) { return warped(kFarShift, ops::Interpolation::bilinear, mode); };
  const auto nearest = [](FillMode mode) { return warped(kFarShift, ops::Interpolation::nearest, mode); };
  testing::expect_values(bilinear(FillMode::reflect), {1, 3, 4, 1},
                         {1.1, 0.775, 0.25, 1.475, 0.865, 1.135, 1, 1.315, 0.48, 1.96, 2.8, 0.84}, 1e-6,
                         2e-6);
  testing::expect_values(nearest(FillMode::reflect), {1, 3, 4, 1},
                         {2, 0.25, 0.25, 2, 2, 0.25, 0.25, 2, -0.75, 4, 4, -0.75});
  testing::expect_values(bilinear(FillMode::wrap), {1, 3, 4, 1},
                         {0.25, 0.775, 0.25, 0.25, 0.25, 0.775, 0.25, 0.25, 0.25, 0.775, 0.25, 0.25}, 1e-6,
                         1e-6);
  testing::expect_values(nearest(FillMode::nearest), {1, 3, 4, 1}, std::vector<double>(12, 1.0));
  testing::expect_values(nearest(FillMode::constant), {1, 3, 4, 1}, std::vector<double>(12, 10.0));
}

TEST(AffineTransform, HasTheGradientsOfFiniteDifferences) {
  for (const bool channels_first : {false, true}) {
    const auto warp = [&](const Tensors& x) {
      return ops::affine_transform(x[0], {kSkew, kFarShift},
                                   {.fill_mode = ops::FillMode::reflect, .channels_first = channels_first});
    };
    testing::expect_gradients_match_finite_differences(warp, {testing::varied({2, 3, 4, 2}, 3)});
    testing::expect_second_derivatives_match_finite_differences(warp, {testing::varied({2, 2, 3, 1}, 3)});
  }
}

TEST(AffineTransform, SurvivesPlacesThatAreNoNumbers) {
  const ops::AffineTransform nowhere{std::nan(""), 0, 0, 0, 1e30, 1e30};
  for (const auto mode : {ops::FillMode::constant, ops::FillMode::wrap, ops::FillMode::reflect}) {
    EXPECT_EQ(warped(nowhere, ops::Interpolation::nearest, mode).shape(), picture().shape());
    EXPECT_EQ(warped(nowhere, ops::Interpolation::bilinear, mode).shape(), picture().shape());
  }
}

TEST(AffineTransform, RefusesWhatDoesNotFit) {
  testing::expect_error<ValueError>([] { (void)ops::affine_transform(picture(), {}); }, {"0 transforms"});
  testing::expect_error<UnimplementedError>([] { (void)ops::fill_mode_from_name("mirror"); },
                                            {"Unknown `fill_mode` mirror"});
}

TEST(Resize, HasTheDerivativesOfItsFilters) {
  for (const char* name : {"bicubic", "lanczos3", "area"}) {
    const auto f = [&](const Tensors& in) {
      return ops::resize(in[0], 2, 5, ops::interpolation_from_name(name), false, true);
    };
    testing::expect_gradients_match_finite_differences(f, {testing::varied({1, 3, 4, 1})});
  }
}

}  // namespace
}  // namespace sepal
