// What the contract and Keras's values do not show: defaults, messages, whole numbers.
#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;

TEST(Reshape, LeavesUnknownLengthsOpen) {
  const layers::Reshape layer({.target_shape = {-1, 4}});
  EXPECT_EQ(layer->output_shapes_for({{kNone, kNone, 2}})[0], (Shape{kNone, kNone, 4}));
  EXPECT_EQ(layer->output_shapes_for({{kNone, 6, 2}})[0], (Shape{kNone, 3, 4}));
}

TEST(Reshape, MakesAScalarOfASingleNumber) {
  const layers::Reshape layer({.target_shape = IntTuple(std::vector<std::int64_t>{})});
  testing::expect_values(layer(testing::ramp({2, 1})), {2}, {1, 2}, 1e-6);
}

TEST(Reshape, RefusesWhatDoesNotFit) {
  expect_error<ValueError>(
      [] {
        layers::Reshape({.target_shape = {-1, -1}});
      },
      {"at most one unknown dimension", "target_shape=(-1, -1)"});
  expect_error<ValueError>([] { layers::Reshape({.target_shape = {-2}}); }, {"target_shape=(-2,)"});
  const layers::Reshape layer({.target_shape = {5, -1}});
  expect_error<ValueError>(
      [&] {
        (void)layer(testing::ramp({2, 3, 4}));
      },
      {"total size", "input_shape=(3, 4)", "target_shape=(5, -1)"});
  const layers::Reshape huge({.target_shape = {std::int64_t{1} << 40, std::int64_t{1} << 40}});
  expect_error<ValueError>([&] { (void)huge(testing::ramp({2, 3})); }, {});
}

TEST(Permute, RefusesWhatIsNoPermutation) {
  expect_error<ValueError>([] { layers::Permute({.dims = {0, 1}}); }, {"`dims`", "dims=(0, 1)"});
  const layers::Permute layer({.dims = {2, 1}});
  expect_error<ValueError>([&] { (void)layer(testing::ramp({2, 3})); }, {"expected ndim=3, found ndim=2"});
}

TEST(RepeatVector, RefusesToRepeatNothing) {
  expect_error<ValueError>([] { layers::RepeatVector({.n = 0}); }, {"`n`", "n=0"});
}

TEST(ZeroPadding, PadsByOneOnEverySide) {
  EXPECT_EQ(layers::ZeroPadding1D()->output_shapes_for({{kNone, 3, 2}})[0], (Shape{kNone, 5, 2}));
  EXPECT_EQ(layers::ZeroPadding2D()->output_shapes_for({{kNone, kNone, 4, 2}})[0],
            (Shape{kNone, kNone, 6, 2}));
  EXPECT_EQ(layers::ZeroPadding3D()->output_shapes_for({{kNone, 3, 4, 5, 2}})[0], (Shape{kNone, 5, 6, 7, 2}));
}

TEST(ZeroPadding, KeepsWholeNumbers) {
  const Tensor x = Tensor::from<std::int32_t>({1, 2}, {1, 2, 1});
  const Tensor y = layers::ZeroPadding1D({.padding = {0, 1}})(x);
  EXPECT_EQ(y.dtype(), DType::int32);
  testing::expect_values(y.astype(DType::float64), {1, 3, 1}, {1, 2, 0});
}

TEST(ZeroPadding, NamesTheWrongEntry) {
  expect_error<ValueError>(
      [] {
        layers::ZeroPadding2D({.padding = {{1, 2}, {3, 4}, {5, 6}}});
      },
      {"`padding` should have two elements", "((1, 2), (3, 4), (5, 6))"});
  expect_error<ValueError>(
      [] {
        layers::ZeroPadding2D({.padding = {{1, 2}, {3, -4}}});
      },
      {"`2nd entry of padding`", "(3, -4)"});
  expect_error<ValueError>([] { layers::ZeroPadding1D({.padding = {1, 2, 3}}); }, {"`padding`", "(1, 2, 3)"});
  expect_error<ValueError>(
      [] {
        layers::ZeroPadding1D({.padding = {std::int64_t{1} << 62, 1}});
      },
      {"at most"});
}

TEST(Cropping, HasTheDefaultsOfKeras) {
  EXPECT_EQ(layers::Cropping1D()->output_shapes_for({{kNone, 3, 2}})[0], (Shape{kNone, 1, 2}));
  EXPECT_EQ(layers::Cropping2D()->output_shapes_for({{kNone, 3, 4, 2}})[0], (Shape{kNone, 3, 4, 2}));
  EXPECT_EQ(layers::Cropping3D()->output_shapes_for({{kNone, 3, 4, 5, 2}})[0], (Shape{kNone, 1, 2, 3, 2}));
}

TEST(Cropping, LeavesSomethingOrSaysSo) {
  const layers::Cropping2D layer({.cropping = {{1, 2}, {0, 0}}});
  expect_error<ValueError>(
      [&] {
        (void)layer(testing::ramp({1, 3, 4, 1}));
      },
      {"`cropping`", "input_shape=(1, 3, 4, 1)", "cropping=((1, 2), (0, 0))"});
  expect_error<ValueError>([] { layers::Cropping2D({.cropping = -1}); },
                           {"`cropping` cannot be negative", "cropping=-1"});
}

TEST(UpSampling, RefusesSizesAndInterpolationsThatItDoesNotHave) {
  expect_error<ValueError>([] { layers::UpSampling1D({.size = 0}); }, {"`size`", "size=0"});
  expect_error<ValueError>([] { layers::UpSampling2D({.size = {2, 0}}); }, {"`size`"});
  // Found when shapes are computed, as in Keras 3.
  const layers::UpSampling2D layer({.interpolation = "cubic"});
  expect_error<ValueError>(
      [&] {
        layer(Tensor::ones({1, 2, 2, 1}));
      },
      {"`interpolation`", "interpolation=cubic"});
}

}  // namespace
}  // namespace sepal
