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

TEST(UnitNormalization, LeavesZerosAndHandsItsMaskOn) {
  const layers::UnitNormalization layer({.dtype = "float64"});
  testing::expect_values(layer(Tensor::from<double>({3, 4, 0, 0}, {2, 2})), {2, 2}, {0.6, 0.8, 0, 0});
  const Tensor mask = Tensor::ones({2, 3}, DType::boolean);
  EXPECT_EQ(layer->compute_mask(ramp({2, 3, 2}), mask).id(), mask.id());
}

}  // namespace
}  // namespace sepal
