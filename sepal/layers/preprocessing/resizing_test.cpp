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

TEST(Resizing, HasTheFiltersOfTensorFlow) {
  struct Case {
    const char* interpolation;
    bool antialias;
    std::int64_t height;
    std::int64_t width;
    std::vector<double> want;
  };
  Tensor x({1, 4, 5, 1}, DType::float32);
  for (int i = 0; i < 20; ++i) x.mutable_data<float>()[i] = static_cast<float>(i * i) / 7.0F;
  const std::vector<Case> cases = {
      {"bicubic", false, 3, 2, {0.47606117, 2.3303864, 9.6387682, 16.64204, 33.243465, 45.395687}},
      {"bicubic", true, 3, 2, {0.66432798, 2.5912499, 10.423811, 16.629875, 31.944187, 42.429394}},
      {"bicubic",
       false,
       2,
       7,
       {1.0078995, 1.3917929, 2.0432744, 2.7983198, 3.6989667, 4.8872252, 5.7814498, 24.146395, 26.243706,
        29.361504, 32.336136, 35.456367, 39.110947, 41.718597}},
      {"bicubic",
       true,
       2,
       7,
       {2.0975115, 2.6194293, 3.4685688, 4.402597, 5.4823999, 6.8679981, 7.9004703, 21.514584, 23.475031,
        26.392334, 29.190081, 32.13361, 35.587368, 38.058365}},
      {"lanczos3", false, 3, 2, {0.25807381, 2.0963151, 8.4204245, 15.610003, 33.29232, 45.833229}},
      {"lanczos3", true, 3, 2, {0.39144403, 2.3084626, 9.8698139, 16.381042, 32.185143, 43.290585}},
      {"lanczos3",
       false,
       2,
       7,
       {0.89570755, 1.2148267, 1.8688076, 2.5588541, 3.3248563, 4.6266556, 5.4264345, 24.897417, 26.852695,
        30.366606, 33.185822, 36.08099, 40.242718, 42.678658}},
      {"lanczos3",
       true,
       2,
       7,
       {1.4004946, 1.8403211, 2.7052925, 3.5524173, 4.4754982, 5.9882879, 6.9087734, 21.860765, 23.695339,
        26.998255, 29.660393, 32.398487, 36.34922, 38.664448}},
      {"lanczos5", false, 3, 2, {0.76519507, 2.8327336, 7.3837771, 14.865294, 32.670742, 45.566235}},
      {"lanczos5", true, 3, 2, {0.49819431, 2.4711032, 9.624115, 16.303139, 32.129883, 43.515022}},
      {"lanczos5",
       false,
       2,
       7,
       {1.9076986, 2.2182958, 3.1488326, 3.7700827, 4.4707251, 6.0410886, 6.8419256, 24.470808, 26.187874,
        30.283186, 32.577225, 34.950661, 39.685799, 41.893105}},
      {"lanczos5",
       true,
       2,
       7,
       {1.06091, 1.4219344, 2.465939, 3.1471643, 3.9077826, 5.5916138, 6.4428773, 22.006083, 23.672724,
        27.654568, 29.888632, 32.202087, 36.823761, 38.98064}},
      {"area", false, 3, 2, {1.3500003, 3.5785718, 10.814286, 17.328571, 30.992855, 41.792854}},
      {"area",
       false,
       2,
       7,
       {1.7857143, 2.3, 2.8714283, 3.7857141, 4.9285727, 5.8999972, 6.9285722, 23.214285, 25.442858,
        27.728567, 30.928572, 34.357147, 37.042839, 39.785721}},
      {"bilinear", true, 3, 2, {1.7467535, 3.7467532, 11.318183, 16.746752, 30.889614, 39.746754}},
      {"bilinear",
       true,
       2,
       7,
       {3.5714288, 4.2361517, 5.1486888, 6.1836739, 7.4227419, 8.7842579, 9.938776, 20.408165, 22.355686,
        24.871723, 27.510204, 30.352772, 33.317787, 35.755104}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.interpolation);
    const layers::Resizing layer(
        {.height = c.height, .width = c.width, .interpolation = c.interpolation, .antialias = c.antialias});
    testing::expect_values(layer(x), {1, c.height, c.width, 1}, c.want, 1e-6, 1e-5);
  }
}

TEST(Resizing, NamesWhatItCannotDo) {
  expect_error<ValueError>([] { layers::Resizing({.height = 0, .width = 2}); }, {"height=0"});
  expect_error<ValueError>([] { layers::Resizing({.height = std::int64_t{1} << 40, .width = 2}); },
                           {"`height`"});
  expect_error<ValueError>([] { layers::Resizing({.height = 2, .width = 2, .interpolation = "cubic"}); },
                           {"`interpolation`", "interpolation=cubic"});
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
