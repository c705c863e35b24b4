#include "sepal/base/compatibility.h"

#include <gtest/gtest.h>

#include "sepal/base/naming.h"

namespace sepal {
namespace {

TEST(Compatibility, FollowsKeras3UntilTold) { EXPECT_EQ(compatibility(), Compatibility::keras3); }

TEST(Compatibility, ScopeRestoresTheFormerMode) {
  {
    const CompatibilityScope outer(Compatibility::tf14);
    EXPECT_EQ(compatibility(), Compatibility::tf14);
    {
      const CompatibilityScope inner(Compatibility::keras3);
      EXPECT_EQ(compatibility(), Compatibility::keras3);
    }
    EXPECT_EQ(compatibility(), Compatibility::tf14);
  }
  EXPECT_EQ(compatibility(), Compatibility::keras3);
}

TEST(AutoName, CountsFromTheSecondNameAsKeras3) {
  clear_session();
  EXPECT_EQ(auto_name("SeparableConv2D"), "separable_conv2d");
  EXPECT_EQ(auto_name("SeparableConv2D"), "separable_conv2d_1");
  EXPECT_EQ(auto_name("InputLayer"), "input_layer");
}

TEST(AutoName, CountsFromTheFirstNameAsTensorFlow14) {
  clear_session();
  const CompatibilityScope scope(Compatibility::tf14);
  EXPECT_EQ(auto_name("SeparableConv2D"), "separable_conv2d_1");
  EXPECT_EQ(auto_name("SeparableConv2D"), "separable_conv2d_2");
  EXPECT_EQ(auto_name("InputLayer"), "input_1");
  clear_session();
  EXPECT_EQ(auto_name("SeparableConv2D"), "separable_conv2d_1");
}

// Class names whose snake case the writers' regular expressions decide.
TEST(AutoName, SplitsWordsAsKerasDoes) {
  EXPECT_EQ(to_snake_case("ReLU"), "re_lu");
  EXPECT_EQ(to_snake_case("PReLU"), "p_re_lu");
  EXPECT_EQ(to_snake_case("Conv2DTranspose"), "conv2d_transpose");
  EXPECT_EQ(to_snake_case("GlobalAveragePooling2D"), "global_average_pooling2d");
  EXPECT_EQ(to_snake_case("SeparableConv2D"), "separable_conv2d");
}

}  // namespace
}  // namespace sepal
