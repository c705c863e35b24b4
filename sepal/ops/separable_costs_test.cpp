#include "sepal/ops/separable_costs.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sepal/ops/implementations.h"
#include "tests/support/random_windows.h"

namespace sepal::ops {
namespace {

kernels::Window2D layer(std::int64_t size, std::int64_t channels, std::int64_t filters, std::int64_t kernel,
                        std::int64_t stride) {
  return testing::same_window({.batch = 1,
                               .in_h = size,
                               .in_w = size,
                               .in_c = channels,
                               .out_c = filters,
                               .kernel_h = kernel,
                               .kernel_w = kernel,
                               .stride_h = stride,
                               .stride_w = stride});
}

// What was measured to be the fastest by a wide margin (bench/planner_check).
TEST(SeparableCosts, FusedIsCheapestForTheLayersOfMobileNetAndXception) {
  for (const auto& window : {layer(112, 32, 64, 3, 1), layer(28, 256, 512, 3, 2), layer(14, 512, 512, 3, 1),
                             layer(19, 728, 728, 3, 1), layer(42, 84, 84, 5, 1)}) {
    const SeparableCosts costs = separable_costs(window);
    EXPECT_LT(costs.fused, std::min({costs.split, costs.onednn, costs.dense})) << testing::describe(window);
  }
}

TEST(SeparableCosts, OneConvolutionIsCheaperWithOneChannel) {
  for (const auto& window : {layer(28, 1, 32, 3, 1), layer(224, 1, 32, 3, 2)}) {
    const SeparableCosts costs = separable_costs(window);
    EXPECT_LT(costs.dense, costs.fused) << testing::describe(window);
  }
}

TEST(SeparableCosts, GrowWithTheBatch) {
  kernels::Window2D window = layer(14, 32, 64, 3, 1);
  const SeparableCosts one = separable_costs(window);
  window.batch = 8;
  const SeparableCosts eight = separable_costs(window);
  EXPECT_GT(eight.fused, 4 * one.fused);
  EXPECT_LT(eight.fused, 8 * one.fused);
}

TEST(ChooseImplementation, TakesTheCheapestThatAccepts) {
  EXPECT_EQ(choose_implementation("op", {{"a", "refuses", 1}, {"b", kAccepts, 3}, {"c", kAccepts, 2}}, ""),
            2U);
  EXPECT_EQ(choose_implementation("op", {{"a", kAccepts}, {"b", kAccepts}}, ""), 0U);
  const ForceImplementation force("b");
  EXPECT_EQ(choose_implementation("op", {{"a", kAccepts, 1}, {"b", kAccepts, 3}}, ""), 1U);
}

}  // namespace
}  // namespace sepal::ops
