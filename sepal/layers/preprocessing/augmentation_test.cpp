// The random layers for images in training. Expected numbers are those of Keras 3.15.1 with fixed parameters.
#include "sepal/layers/preprocessing/augmentation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <set>

#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "sepal/layers/registry.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;

const CallOptions kTraining{.training = true};

Tensor picture() {
  return Tensor::from<float>({0.5, -1, 2, 0.25, 3, 1.5, -0.75, 4, 1, 2, 3, -2}, {1, 3, 4, 1});
}

TEST(RandomFlip, FlipsHalfOfTheImages) {
  const layers::RandomFlip layer({.mode = "horizontal", .seed = 1});
  const Tensor x = ops::broadcast_to(Tensor::from<float>({1, 2, 3, 4}, {1, 2, 2, 1}), {2000, 2, 2, 1});
  const Tensor y = layer(x, kTraining);
  int flipped = 0;
  for (std::int64_t n = 0; n < 2000; ++n) {
    const bool is_flipped = y.at(4 * n) == 2.0;
    flipped += is_flipped ? 1 : 0;
    EXPECT_EQ(y.at(4 * n + 1), is_flipped ? 1.0 : 2.0);
    EXPECT_EQ(y.at(4 * n + 2), is_flipped ? 4.0 : 3.0);
  }
  // Standard deviation of the count: 22.
  EXPECT_NEAR(flipped, 1000, 110);
}

TEST(RandomFlip, FlipsBothWaysTogether) {
  const layers::RandomFlip layer({.seed = 1, .data_format = "channels_first"});
  const Tensor x = ops::broadcast_to(Tensor::from<float>({1, 2, 3, 4}, {1, 1, 2, 2}), {100, 1, 2, 2});
  const Tensor y = layer(x, kTraining);
  int flipped = 0;
  for (std::int64_t n = 0; n < 100; ++n) {
    const bool is_flipped = y.at(4 * n) == 4.0;
    flipped += is_flipped ? 1 : 0;
    EXPECT_EQ(y.at(4 * n + 1), is_flipped ? 3.0 : 2.0);
  }
  EXPECT_GT(flipped, 20);
  EXPECT_LT(flipped, 80);
}

TEST(RandomCrop, TakesAPartInTraining) {
  const layers::RandomCrop layer({.height = 2, .width = 3, .seed = 1});
  Tensor x({1, 4, 5, 1});
  for (std::int64_t i = 0; i < 20; ++i) x.mutable_data<float>()[i] = static_cast<float>(i);
  std::set<double> begins;
  for (int n = 0; n < 200; ++n) {
    const Tensor y = layer(x, kTraining);
    ASSERT_EQ(y.shape(), (Shape{1, 2, 3, 1}));
    begins.insert(y.at(0));
    for (std::int64_t i = 0; i < 6; ++i)
      EXPECT_EQ(y.at(i), y.at(0) + static_cast<double>(5 * (i / 3) + i % 3));
  }
  EXPECT_EQ(begins, (std::set<double>{0, 1, 2, 5, 6, 7, 10, 11, 12}));
}

// As tf.keras 2.15 does it.
TEST(RandomCrop, ResizesTheMiddleOutsideOfTraining) {
  Tensor x({1, 6, 8, 1});
  for (std::int64_t i = 0; i < 48; ++i) x.mutable_data<float>()[i] = static_cast<float>(i);
  testing::expect_values(layers::RandomCrop({.height = 3, .width = 4})(x).astype(DType::float64),
                         {1, 3, 4, 1}, {4.5, 6.5, 8.5, 10.5, 20.5, 22.5, 24.5, 26.5, 36.5, 38.5, 40.5, 42.5});
  expect_error<ValueError>([] { layers::RandomCrop({.height = 0, .width = 4}); }, {"height"});
}

TEST(RandomRotation, TurnsAroundTheMiddle) {
  const ops::AffineTransform turn = rotation(std::numbers::pi / 6.0, 3, 4);
  EXPECT_NEAR(turn.a0, 0.8660254, 1e-6);
  EXPECT_NEAR(turn.a1, -0.5, 1e-6);
  EXPECT_NEAR(turn.a2, 0.7009619, 1e-6);
  EXPECT_NEAR(turn.b0, 0.5, 1e-6);
  EXPECT_NEAR(turn.b1, 0.8660254, 1e-6);
  EXPECT_NEAR(turn.b2, -0.6160254, 1e-6);
  const Tensor y = ops::affine_transform(picture(), {turn}, {.fill_mode = ops::FillMode::reflect});
  testing::expect_values(y, {1, 3, 4, 1},
                         {-0.5514429, 0.7009618, 1.2670259, 3.5649047, 0.8235571, 0.8121996, 0.2837942,
                          0.0149653, 2.7679491, 1.7906647, 2.4330127, 1.5048104},
                         1e-5, 1e-6);
}

TEST(RandomRotation, TurnsByItsFactor) {
  // A range of one angle, a quarter turn.
  const layers::RandomRotation layer({.factor = {0.25, 0.25}, .interpolation = "nearest"});
  testing::expect_values(layer(Tensor::from<float>({1, 2, 3, 4}, {1, 2, 2, 1}), kTraining), {1, 2, 2, 1},
                         {2, 4, 1, 3});
}

TEST(RandomZoom, ZoomsAroundTheMiddle) {
  const Tensor y =
      ops::affine_transform(picture(), {zoom(0.8, 1.3, 3, 4)}, {.fill_mode = ops::FillMode::reflect});
  testing::expect_values(
      y, {1, 3, 4, 1}, {1, -0.275, 1.3825, 1, 3, 1.725, -0.0374995, 4, 1.4, 1.825, 1.7925, -0.8}, 1e-5, 1e-6);
}

TEST(RandomZoom, DrawsOneZoomForBothUnlessAWidthIsGiven) {
  const layers::RandomZoom same({.height_factor = {1.0, 1.0}, .interpolation = "nearest"});
  const layers::RandomZoom both(
      {.height_factor = {1.0, 1.0}, .width_factor = {{1.0, 1.0}}, .interpolation = "nearest"});
  const layers::RandomZoom high(
      {.height_factor = {1.0, 1.0}, .width_factor = 0.0, .interpolation = "nearest"});
  const Tensor x = testing::ramp({1, 5, 5, 1}, DType::float32);
  testing::expect_same_bits(same(x, kTraining), both(x, kTraining));
  EXPECT_NE(high(x, kTraining).at(1), same(x, kTraining).at(1));
}

TEST(RandomTranslation, MovesDownAndRight) {
  // Keras: translations (0.6, -1.25) in pixels of a 3 x 4 image.
  const layers::RandomTranslation layer(
      {.height_factor = {-1.25 / 3, -1.25 / 3}, .width_factor = {0.15, 0.15}});
  testing::expect_values(layer(picture(), kTraining), {1, 3, 4, 1},
                         {2.5, 2.15, 1.05, 1.1125, 1, 1.4, 2.4, 1, 1.5, 1.65, 1.95, 1.0375}, 1e-5, 1e-6);
}

TEST(RandomContrast, ScalesTheDistanceFromTheMean) {
  // A factor of exactly 1 + 0.4.
  const layers::RandomContrast layer({.factor = {-0.4, 0.4}, .value_range = {-1, 3}});
  testing::expect_values(layer(picture(), kTraining), {1, 3, 4, 1},
                         {0.25, -1, 2.35, -0.1, 3, 1.65, -1, 3, 0.95, 2.35, 3, -1}, 1e-5, 1e-6);
}

TEST(RandomContrast, TakesOneNumberForAnIncreaseOnly) {
  EXPECT_EQ(layers::RandomContrast({.factor = 0.2})->options().factor.values,
            (std::vector<double>{0.0, 0.2}));
}

TEST(RandomBrightness, AddsOneNumberToAnImageAndCuts) {
  const layers::RandomBrightness layer({.factor = {0.25, 0.25}, .value_range = {4.0, -1.0}});
  const Tensor y = layer(Tensor::from<float>({0, 3}, {1, 1, 2, 1}), kTraining);
  testing::expect_values(y, {1, 1, 2, 1}, {1.25, 4}, 1e-6);
}

TEST(RandomBrightness, DrawsUniformly) {
  const layers::RandomBrightness layer({.factor = 0.5, .value_range = {-1.0, 1.0}, .seed = 2});
  const Tensor y = layer(Tensor::zeros({10000, 1, 1, 1}), kTraining);
  double mean = 0.0;
  double square = 0.0;
  for (std::int64_t i = 0; i < 10000; ++i) {
    EXPECT_LE(std::abs(y.at(i)), 1.0);
    mean += y.at(i) / 1e4;
    square += y.at(i) * y.at(i) / 1e4;
  }
  EXPECT_NEAR(mean, 0.0, 0.03);
  EXPECT_NEAR(square, 1.0 / 3.0, 0.015);
}

TEST(Augmentation, TakesASingleImageAndWholeNumbers) {
  const layers::RandomFlip layer;
  const Tensor y = layer(Tensor::from<std::uint8_t>({1, 2}, {1, 2, 1}), kTraining);
  EXPECT_EQ(y.shape(), (Shape{1, 2, 1}));
  EXPECT_EQ(y.dtype(), DType::float32);
  expect_error<ValueError>([&] { (void)layer(Tensor::ones({2, 2})); }, {"rank 3", "(2, 2)"});
}

TEST(Augmentation, KeepsItsGeneratorUnderKerasName) {
  const auto state = layers::RandomZoom({.height_factor = 0.1})->state_variables();
  ASSERT_EQ(state.size(), 1U);
  EXPECT_EQ(state[0].first, "generator");
}

TEST(Augmentation, RefusesArgumentsOutOfRange) {
  expect_error<ValueError>([] { layers::RandomRotation({.factor = 1.5}); }, {"`factor`", "factor=1.5"});
  expect_error<ValueError>([] { layers::RandomContrast({.factor = {2.0, 3.0}}); }, {"`factor`", "(2, 3)"});
  expect_error<ValueError>([] { layers::RandomTranslation({.height_factor = 0.1, .width_factor = -1.5}); },
                           {"`width_factor`", "width_factor=-1.5"});
  expect_error<ValueError>([] { layers::RandomZoom({.height_factor = -1.0}); }, {"`height_factor`", "(-1.0"});
  expect_error<ValueError>([] { layers::RandomBrightness({.value_range = 3.0}); }, {"`value_range`"});
  expect_error<ValueError>([] { layers::RandomFlip({.mode = "diagonal"}); }, {"`mode`", "diagonal"});
  expect_error<UnimplementedError>([] { layers::RandomZoom({.height_factor = 0.1, .fill_mode = "mirror"}); },
                                   {"`fill_mode` mirror"});
  expect_error<UnimplementedError>(
      [] { layers::RandomRotation({.factor = 0.1, .interpolation = "bicubic"}); },
      {"`interpolation` bicubic"});
}

TEST(StillAugmentation, KeepsItsConfigAndRefusesToTrain) {
  const Json config =
      Json::parse(R"({"name": "hue", "factor": [0, 0.5], "value_range": [0, 255], "seed": null,
                                      "data_format": "channels_last"})");
  const auto layer = layer_from_config("RandomHue", config);
  const Json written = layer->get_config();
  for (const auto& [key, value] : config.items()) EXPECT_EQ(written[key], value) << key;
  const Tensor images = testing::varied({1, 2, 2, 3}).astype(DType::float32);
  testing::expect_same_bits((*layer)(images), images);
  testing::expect_error<UnimplementedError>([&] { (void)(*layer)(images, {.training = true}); },
                                            {"'hue'", "RandomHue", "training"});
  testing::expect_error<TypeError>([] { (void)layer_from_config("RandomHue", {{"facto", 1}}); }, {"facto"});
}

}  // namespace
}  // namespace sepal
