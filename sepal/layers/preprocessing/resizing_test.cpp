// Expected numbers are those of Keras 3.15.1 on TensorFlow 2.21.
#include "sepal/layers/preprocessing/resizing.h"

#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;

Tensor wide() { return testing::ramp({1, 3, 5, 1}, DType::float32); }

TEST(Resizing, CropsToTheAspectRatio) {
  const layers::Resizing square({.height = 4, .width = 4, .crop_to_aspect_ratio = true});
  testing::expect_values(
      square(wide()), {1, 4, 4, 1},
      {2, 2.625, 3.375, 4, 5.125, 5.75, 6.5, 7.125, 8.875, 9.5, 10.25, 10.875, 12, 12.625, 13.375, 14});
  const layers::Resizing nearest(
      {.height = 2, .width = 3, .interpolation = "nearest", .crop_to_aspect_ratio = true});
  testing::expect_values(nearest(wide()), {1, 2, 3, 1}, {1, 3, 4, 11, 13, 14});
}

TEST(Resizing, PadsToTheAspectRatio) {
  const layers::Resizing square({.height = 4, .width = 4, .pad_to_aspect_ratio = true, .fill_value = -1.0});
  testing::expect_values(square(wide()), {1, 4, 4, 1},
                         {-0.734375, -0.578125, -0.421875, -0.265625, 3, 4.25, 5.5, 6.75, 9.25, 10.5, 11.75,
                          13, 0.515625, 0.671875, 0.828125, 0.984375});
}

TEST(Resizing, RoundsWholeNumbers) {
  const layers::Resizing layer({.height = 3, .width = 2});
  const Tensor y = layer(Tensor::from<std::uint8_t>({10, 20, 30, 40, 250, 60}, {1, 2, 3, 1}));
  EXPECT_EQ(y.dtype(), DType::uint8);
  testing::expect_values(y.astype(DType::float64), {1, 3, 2, 1}, {12, 28, 52, 68, 92, 108});
}

TEST(Resizing, TakesASingleImage) {
  const layers::Resizing layer({.height = 2, .width = 3, .interpolation = "nearest"});
  EXPECT_EQ(layer(testing::ramp({4, 6, 2})).shape(), (Shape{2, 3, 2}));
}

TEST(Resizing, NamesWhatItCannotDo) {
  expect_error<ValueError>([] { layers::Resizing({.height = 0, .width = 2}); }, {"height=0"});
  expect_error<ValueError>([] { layers::Resizing({.height = std::int64_t{1} << 40, .width = 2}); },
                           {"`height`"});
  expect_error<UnimplementedError>([] { layers::Resizing({.height = 2, .width = 2, .antialias = true}); },
                                   {"antialias"});
  expect_error<UnimplementedError>(
      [] { layers::Resizing({.height = 2, .width = 2, .interpolation = "bicubic"}); }, {"interpolation"});
  expect_error<ValueError>([] { layers::Resizing({.height = 2, .width = 2, .fill_mode = "wrap"}); },
                           {"`fill_mode`", "fill_mode=wrap"});
  expect_error<ValueError>(
      [] {
        layers::Resizing(
            {.height = 2, .width = 2, .crop_to_aspect_ratio = true, .pad_to_aspect_ratio = true});
      },
      {"Only one of"});
  const layers::Resizing layer({.height = 2, .width = 2});
  expect_error<ValueError>([&] { (void)layer(testing::ramp({2, 3})); }, {"rank 3", "(2, 3)"});
}

TEST(CenterCrop, TakesTheMiddle) {
  const Tensor x = testing::ramp({1, 5, 6, 1}, DType::float32);
  testing::expect_values(layers::CenterCrop({.height = 3, .width = 2})(x), {1, 3, 2, 1},
                         {9, 10, 15, 16, 21, 22});
}

TEST(CenterCrop, ResizesWhatIsTooSmall) {
  const Tensor x = testing::ramp({1, 5, 6, 1}, DType::float32);
  testing::expect_values(layers::CenterCrop({.height = 6, .width = 4})(x), {1, 6, 4, 1},
                         {2,    2.625,  3.375,  4,    6.5,  7.125,  7.875,  8.5,  11.5, 12.125, 12.875, 13.5,
                          16.5, 17.125, 17.875, 18.5, 21.5, 22.125, 22.875, 23.5, 26,   26.625, 27.375, 28},
                         1e-6);
}

}  // namespace
}  // namespace sepal
