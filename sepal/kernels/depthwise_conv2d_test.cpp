// The SIMD kernel against the plain loops, for every SIMD target that this machine runs.
#include "sepal/kernels/depthwise_conv2d.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "sepal/base/parallel.h"
#include "tests/support/guarded_array.h"
#include "tests/support/kernel_runs.h"
#include "tests/support/random_windows.h"
#include "tests/support/simd_targets.h"

namespace sepal::kernels {
namespace {

using testing::describe;
using testing::GuardedArray;
using testing::OneThread;

/// Operands and room for results, all of it beside guard pages.
struct DepthwiseProblem {
  explicit DepthwiseProblem(const Window2D& window)
      : g(window),
        x(g.batch * g.in_h * g.in_w * g.in_c),
        kernel(g.kernel_h * g.kernel_w * g.in_c * g.depth_multiplier),
        bias(g.in_c * g.depth_multiplier),
        dy(g.batch * g.out_h * g.out_w * g.in_c * g.depth_multiplier),
        y(g.batch * g.out_h * g.out_w * g.in_c * g.depth_multiplier),
        dx(g.batch * g.in_h * g.in_w * g.in_c),
        dkernel(g.kernel_h * g.kernel_w * g.in_c * g.depth_multiplier),
        dbias(g.in_c * g.depth_multiplier) {}

  void fill(std::mt19937& random) {
    for (GuardedArray* operand : {&x, &kernel, &bias, &dy})
      testing::fill_with_whole_numbers(*operand, random);
  }
  void forget() {
    for (GuardedArray* result : {&y, &dx, &dkernel, &dbias}) testing::fill_with_nan(*result);
  }
  DepthwiseForward<float> forward() {
    return {.x = x.data(), .kernel = kernel.data(), .bias = bias.data(), .y = y.data()};
  }
  DepthwiseBackward<float> backward() {
    return {.x = x.data(),
            .kernel = kernel.data(),
            .dy = dy.data(),
            .dx = dx.data(),
            .dkernel = dkernel.data(),
            .dbias = dbias.data()};
  }
  std::vector<std::vector<float>> results() {
    return {testing::copy_of(y), testing::copy_of(dx), testing::copy_of(dkernel), testing::copy_of(dbias)};
  }

  Window2D g;
  GuardedArray x, kernel, bias, dy, y, dx, dkernel, dbias;
};

const char* const kDepthwiseResults[] = {"y", "dx", "dkernel", "dbias"};

std::vector<std::vector<float>> run_simd(DepthwiseProblem& p) {
  p.forget();
  depthwise_conv2d_simd(p.g, p.forward());
  depthwise_conv2d_backward_simd(p.g, p.backward());
  return p.results();
}

std::vector<std::vector<float>> run_reference(DepthwiseProblem& p) {
  p.forget();
  depthwise_conv2d_reference(p.g, p.forward());
  depthwise_conv2d_backward_reference(p.g, p.backward());
  return p.results();
}

void expect_simd_equals_reference(const Window2D& window, std::mt19937& random) {
  SCOPED_TRACE(describe(window));
  DepthwiseProblem p(window);
  p.fill(random);
  const auto want = run_reference(p);
  testing::for_each_simd_target([&] {
    testing::poison_scratch();
    const auto got = run_simd(p);
    for (std::size_t i = 0; i < want.size(); ++i) EXPECT_EQ(got[i], want[i]) << kDepthwiseResults[i];
  });
}

TEST(DepthwiseConv2DSimd, EqualsTheReferenceForEveryGeometryAndTarget) {
  const OneThread one_thread;
  std::mt19937 random(1);
  for (int i = 0; i < 150 && !HasFailure(); ++i) {
    expect_simd_equals_reference(testing::random_window(random), random);
  }
}

TEST(DepthwiseConv2DSimd, EqualsTheReferenceWhereStripsMeet) {
  const OneThread one_thread;
  std::mt19937 random(2);
  for (const bool channels_first : {false, true}) {
    for (const std::int64_t kernel : {2, 3, 5}) {
      expect_simd_equals_reference(testing::same_window({.batch = 1,
                                                         .in_h = 90,
                                                         .in_w = 33,
                                                         .in_c = 35,
                                                         .kernel_h = kernel,
                                                         .kernel_w = kernel,
                                                         .stride_h = kernel - 1,
                                                         .stride_w = kernel - 1,
                                                         .channels_first = channels_first}),
                                   random);
    }
  }
}

TEST(DepthwiseConv2DSimd, EqualsTheReferenceWithFewChannels) {
  const OneThread one_thread;
  std::mt19937 random(5);
  for (int i = 0; i < 60 && !HasFailure(); ++i) {
    Window2D g = testing::random_window(random);
    g.channels_first = false;
    g.in_c = g.out_c = std::int64_t{1} << (random() % 4);
    g.depth_multiplier = g.stride_h = g.stride_w = 1;
    // Rows of up to 560 floats: several vectors side by side, and images of several parts.
    g.in_w += static_cast<std::int64_t>(random() % 50);
    g.in_h += static_cast<std::int64_t>(random() % 50);
    expect_simd_equals_reference(testing::same_window(g), random);
    g.in_h = g.out_h + (g.kernel_h - 1) * g.dilation_h;
    g.in_w = g.out_w + (g.kernel_w - 1) * g.dilation_w;
    g.pad_top = g.pad_left = 0;
    expect_simd_equals_reference(g, random);
  }
}

TEST(DepthwiseConv2DSimd, GivesTheSameBitsForAnyNumberOfThreads) {
  const OneThread one_thread;
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  for (const auto& [batch, channels] : {std::pair{1, 20}, {40, 20}, {40, 8}}) {
    DepthwiseProblem p(testing::same_window(
        {.batch = batch, .in_h = 19, .in_w = 17, .in_c = channels, .kernel_h = 3, .kernel_w = 3}));
    for (GuardedArray* operand : {&p.x, &p.kernel, &p.bias, &p.dy}) {
      std::generate_n(operand->data(), operand->values().size(), [&] { return normal(random); });
    }
    const auto want = run_simd(p);
    for (const int threads : {2, 3, 8}) {
      set_num_threads(threads);
      EXPECT_EQ(run_simd(p), want) << threads << " threads, batch " << batch << ", channels " << channels;
    }
    set_num_threads(1);
  }
}

TEST(DepthwiseConv2DSimd, ComputesOnlyTheGradientsThatAreWanted) {
  const OneThread one_thread;
  std::mt19937 random(4);
  DepthwiseProblem p(
      testing::same_window({.batch = 3, .in_h = 6, .in_w = 5, .in_c = 4, .kernel_h = 3, .kernel_w = 3}));
  p.fill(random);
  const auto want = run_reference(p);
  for (unsigned wanted = 0; wanted < 8; ++wanted) {
    p.forget();
    DepthwiseBackward<float> arrays = p.backward();
    if ((wanted & 1) == 0) arrays.dx = nullptr;
    if ((wanted & 2) == 0) arrays.dkernel = nullptr;
    if ((wanted & 4) == 0) arrays.dbias = nullptr;
    depthwise_conv2d_backward_simd(p.g, arrays);
    const auto got = p.results();
    for (std::size_t i = 1; i < 4; ++i) {
      if (((wanted >> (i - 1)) & 1) != 0) {
        EXPECT_EQ(got[i], want[i]) << kDepthwiseResults[i] << " of " << wanted;
      } else {
        EXPECT_TRUE(std::isnan(got[i][0])) << kDepthwiseResults[i] << " of " << wanted;
      }
    }
  }
}

}  // namespace
}  // namespace sepal::kernels
