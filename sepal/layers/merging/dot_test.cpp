#include "sepal/layers/merging/dot.h"

#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using layers::Dot;
using testing::expect_error;
using testing::ramp;

// By hand: 1 and 2 times (1 2) and (3 4), along the steps.
TEST(Dot, TakesAVectorAndAMatrix) {
  testing::expect_values(Dot({.axes = 1, .dtype = "float64"})({ramp({1, 2}), ramp({1, 2, 2})}), {1, 2},
                         {1 * 1 + 2 * 3, 1 * 2 + 2 * 4});
}

TEST(Dot, CountsNegativeAxesForEachInput) {
  EXPECT_EQ(Dot({.axes = -1})->output_shapes_for({{kNone, 4}, {kNone, 3, 4}})[0], (Shape{kNone, 3}));
  EXPECT_EQ(Dot({.axes = {-1, -2}})->output_shapes_for({{kNone, 2, 4}, {kNone, 4, 5}})[0],
            (Shape{kNone, 2, 5}));
}

TEST(Dot, RefusesWhatDoesNotFit) {
  expect_error<ValueError>([] { Dot({.axes = {1, 2, 3}}); }, {"`axes`", "two elements", "(1, 2, 3)"});
  expect_error<ValueError>([] { Dot()->build_for({{2, 4}}); }, {"2 inputs", "1 inputs"});
  expect_error<ValueError>([] { Dot({.axes = 0})->build_for({{2, 4}, {2, 4}}); }, {"axis 0"});
  expect_error<ValueError>(
      [] {
        Dot()->build_for({{2, 4}, {2, 5}});
      },
      {"Incompatible", "4 (at axis 1) != 5 (at axis 1)"});
  expect_error<ValueError>([] { Dot({.axes = 2})->build_for({{2, 4}, {2, 4}}); }, {"axis=2"});
}

}  // namespace
}  // namespace sepal
