// Defaults, masks and errors of the layers that normalize by sample; their numbers are in tests/golden.
#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;
using testing::ramp;

TEST(LayerNormalization, HasTheWeightsThatItsOptionsAskFor) {
  const layers::LayerNormalization rms({.center = true, .scale = false, .rms_scaling = true});
  rms->build_for({{kNone, 3, 4}});
  ASSERT_EQ(rms->weights().size(), 1U);
  EXPECT_EQ(rms->weights()[0].name(), "gamma");
  const layers::LayerNormalization several({.axis = {2, 1}, .scale = false});
  several->build_for({{kNone, 3, 4}});
  EXPECT_EQ(several->weights()[0].shape(), (Shape{3, 4}));
}

TEST(LayerNormalization, DemandsKnownAxesInBounds) {
  expect_error<ValueError>(
      [] {
        layers::LayerNormalization({.axis = 2})->build_for({{2, 5}});
      },
      {"Axis 2 is out of bounds", "(2, 5)"});
  expect_error<ValueError>(
      [] {
        layers::LayerNormalization()->build_for({{2, kNone}});
      },
      {"should be defined"});
  expect_error<ValueError>([] { layers::LayerNormalization({.axis = IntTuple{}}); }, {"`axis`"});
}

TEST(GroupNormalization, DemandsGroupsThatDivideTheChannels) {
  EXPECT_EQ(layers::GroupNormalization()->options().groups, 32);
  expect_error<ValueError>([] { layers::GroupNormalization({.groups = 0}); }, {"`groups`", "groups=0"});
  expect_error<ValueError>(
      [] {
        layers::GroupNormalization({.groups = 8})->build_for({{2, 4}});
      },
      {"groups (8)", "channels (4)"});
  expect_error<ValueError>(
      [] {
        layers::GroupNormalization({.groups = 3})->build_for({{2, 4}});
      },
      {"groups (3)", "channels (4)"});
  expect_error<ValueError>(
      [] {
        layers::GroupNormalization({.axis = 1})->build_for({{2, kNone, 4}});
      },
      {"Axis 1", "(2, None, 4)"});
}

TEST(RMSNormalization, DividesByTheRootOfTheMeanSquare) {
  const layers::RMSNormalization layer({.epsilon = 0.01});
  layer->build_for({{kNone, 3}});
  layer->set_weights({Tensor::from<float>({1, 2, -0.5}, {3})});
  const Tensor x = Tensor::from<float>({0.5, -1, 2, 0.25, 3, -1.5}, {2, 3});
  testing::expect_close(
      layer(x),
      Tensor::from<float>(
          {0.376889169F, -1.50755668F, -0.753778338F, 0.128571957F, 3.08572698F, 0.385715872F}, {2, 3}),
      1e-6, 0.0);
  expect_error<ValueError>(
      [] {
        layers::RMSNormalization()->build_for({{2, kNone}});
      },
      {"RMSNormalization should be defined"});
  expect_error<ValueError>([] { layers::RMSNormalization({.axis = IntTuple{}}); }, {"`axis`"});
}

TEST(RMSNormalization, TakesSeveralAxes) {
  const layers::RMSNormalization layer({.axis = {2, 1}});
  layer->build_for({{kNone, 2, 3}});
  layer->set_weights({Tensor::from<float>({1, 2, -0.5, 1, 1, 3}, {2, 3})});
  const Tensor y = layer(Tensor::from<float>({-4, -3, -2, -1, 0, 1}, {1, 2, 3}));
  testing::expect_close(
      y,
      Tensor::from<float>({-1.75976515F, -2.63964772F, 0.439941287F, -0.439941287F, 0, 1.31982386F},
                          {1, 2, 3}),
      1e-6, 0.0);
  EXPECT_EQ(layer->options().axis, (IntTuple{1, 2}));
}

TEST(SpectralNormalization, DividesTheKernelInTrainingOnly) {
  const layers::Dense dense({.units = 2, .dtype = "float64"});
  const layers::SpectralNormalization layer({.layer = dense, .power_iterations = 2, .dtype = "float64"});
  layer->build_for({{kNone, 3}});
  layer->set_weights({Tensor::from<double>({1, 2, 3, 4, 5, 6}, {3, 2}),
                      Tensor::from<double>({0.5, -0.25}, {1, 2}), Tensor::from<double>({0.1, 0.2}, {2})});
  const Tensor x = Tensor::from<double>({1, 2, 3}, {1, 3});
  testing::expect_values(layer(x), {1, 2}, {22.1, 28.2});
  testing::expect_values(layer(x, {.training = true}), {1, 2}, {2.4095863235239423, 3.139473502666836});
  testing::expect_values(dense->get_weights()[0], {3, 2},
                         {0.10498119652381556, 0.20996239304763112, 0.3149435895714467, 0.41992478609526224,
                          0.5249059826190778, 0.6298871791428934});
  testing::expect_values(layer->get_weights()[1], {1, 2}, {0.6196616235597511, 0.7848690797115744});
  EXPECT_EQ(layer->trainable_weights().size(), 2U);
  expect_error<ValueError>(
      [] {
        layers::SpectralNormalization({.layer = layers::Flatten()})->build_for({{2, 3}});
      },
      {"'kernel' nor 'embeddings'"});
}

TEST(SpectralNormalization, LeavesAKernelOfZeros) {
  const layers::SpectralNormalization layer(
      {.layer = layers::Dense({.units = 2, .kernel_initializer = "zeros"})});
  testing::expect_values(layer(Tensor::ones({1, 3}), {.training = true}), {1, 2}, {0, 0});
}

TEST(UnitNormalization, LeavesZerosAndHandsItsMaskOn) {
  const layers::UnitNormalization layer({.dtype = "float64"});
  testing::expect_values(layer(Tensor::from<double>({3, 4, 0, 0}, {2, 2})), {2, 2}, {0.6, 0.8, 0, 0});
  const Tensor mask = Tensor::ones({2, 3}, DType::boolean);
  EXPECT_EQ(layer->compute_mask(ramp({2, 3, 2}), mask).id(), mask.id());
}

}  // namespace
}  // namespace sepal
