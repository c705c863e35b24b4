// The kernel for few channels against the plain loops, for every SIMD target that this machine runs.
#include "sepal/kernels/conv2d_direct.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "sepal/base/parallel.h"
#include "sepal/kernels/conv2d.h"
#include "sepal/kernels/scratch.h"
#include "tests/support/guarded_array.h"
#include "tests/support/kernel_runs.h"
#include "tests/support/random_windows.h"
#include "tests/support/simd_targets.h"

namespace sepal::kernels {
namespace {

using testing::describe;
using testing::GuardedArray;
using testing::OneThread;

/// Operands and room for the result, all of it beside guard pages.
struct Problem {
  Problem(const Window2D& window, std::mt19937& random)
      : g(window),
        x(g.batch * g.in_h * g.in_w * g.in_c),
        kernel(g.kernel_h * g.kernel_w * g.in_c * g.out_c),
        bias(g.out_c),
        residual(g.batch * g.out_h * g.out_w * g.out_c),
        y(g.batch * g.out_h * g.out_w * g.out_c) {
    for (GuardedArray* operand : {&x, &kernel, &bias, &residual})
      testing::fill_with_whole_numbers(*operand, random);
  }

  std::vector<float> run(bool with_bias, const Epilogue& epilogue) {
    testing::poison_scratch();
    testing::fill_with_nan(y);
    const PackedConv2D packed = pack_conv2d(g, kernel.data(), with_bias ? bias.data() : nullptr,
                                            thread_scratch(ScratchUse::shared, packed_conv2d_floats(g)));
    conv2d_direct(g, x.data(), packed, epilogue, y.data());
    return testing::copy_of(y);
  }

  std::vector<float> reference(bool with_bias, const Epilogue& epilogue) {
    conv2d<float>(g, x.data(), kernel.data(), with_bias ? bias.data() : nullptr, y.data());
    std::vector<float> result = testing::copy_of(y);
    for (std::size_t i = 0; i < result.size(); ++i) {
      if (epilogue.residual != nullptr) result[i] += epilogue.residual[i];
      result[i] = std::clamp(result[i], epilogue.clamp.lower, epilogue.clamp.upper);
    }
    return result;
  }

  Window2D g;
  GuardedArray x, kernel, bias, residual, y;
};

Window2D with_few_channels(Window2D g, std::mt19937& random) {
  g.channels_first = false;
  g.dilation_h = g.dilation_w = g.depth_multiplier = 1;
  g.in_c = std::vector<std::int64_t>{1, 2, 3, 4}[random() % 4];
  g.stride_w =
      g.in_c < 3 ? 1 + static_cast<std::int64_t>(random() % 4) : 1 + static_cast<std::int64_t>(random() % 2);
  if (g.in_c == 1 && g.stride_w == 3) g.stride_w = 6;
  g.out_c = 1 + static_cast<std::int64_t>(random() % 70);
  g.in_w += static_cast<std::int64_t>(random() % 40);
  return testing::same_window(g);
}

TEST(Conv2DDirect, EqualsTheReferenceForEveryGeometryAndTarget) {
  const OneThread one_thread;
  std::mt19937 random(1);
  for (int i = 0; i < 120 && !HasFailure(); ++i) {
    Window2D g = with_few_channels(testing::random_window(random), random);
    if (i % 3 == 0) {  // as after a ZeroPadding2D: windows that meet nothing but zeros, and rows cut off
      g.pad_top += g.kernel_h;
      g.pad_left += g.kernel_w + 1;
      g.out_h += 3;
      g.out_w += 2;
    } else if (i % 3 == 1 && g.in_w >= g.kernel_w && g.in_h >= g.kernel_h) {
      g.pad_top = g.pad_left = 0;
      g.out_h = (g.in_h - g.kernel_h) / g.stride_h + 1;
      g.out_w = (g.in_w - g.kernel_w) / g.stride_w + 1;
    }
    SCOPED_TRACE(describe(g));
    ASSERT_STREQ(conv2d_direct_refusal(g), "");
    Problem p(g, random);
    const bool with_bias = random() % 3 != 0;
    const Epilogue epilogue{.residual = random() % 2 == 0 ? p.residual.data() : nullptr,
                            .clamp = random() % 2 == 0 ? Clamp{0, 6} : Clamp{}};
    const std::vector<float> want = p.reference(with_bias, epilogue);
    testing::for_each_simd_target([&] { EXPECT_EQ(p.run(with_bias, epilogue), want); });
  }
}

TEST(Conv2DDirect, GivesTheSameBitsForAnyNumberOfThreads) {
  const OneThread one_thread;
  std::mt19937 random(2);
  // The second result is so large that it is written past the caches.
  for (const std::int64_t size : {21, 225}) {
    Problem p(testing::same_window({.batch = 2,
                                    .in_h = size,
                                    .in_w = size,
                                    .in_c = 3,
                                    .out_c = 48,
                                    .kernel_h = 3,
                                    .kernel_w = 3,
                                    .stride_h = 2,
                                    .stride_w = 2}),
              random);
    std::normal_distribution<float> normal;
    for (GuardedArray* operand : {&p.x, &p.kernel}) {
      std::generate_n(operand->data(), operand->values().size(), [&] { return normal(random); });
    }
    const std::vector<float> want = p.run(true, {});
    for (const int threads : {2, 3, 8}) {
      set_num_threads(threads);
      EXPECT_EQ(p.run(true, {}), want) << threads << " threads";
    }
    set_num_threads(1);
  }
}

TEST(Conv2DDirect, SaysWhatItDoesNotServe) {
  const Window2D served{.in_c = 3, .kernel_h = 3, .kernel_w = 3, .stride_w = 2};
  EXPECT_STREQ(conv2d_direct_refusal(served), "");
  Window2D other = served;
  other.channels_first = true;
  EXPECT_STREQ(conv2d_direct_refusal(other), "channels first");
  other = served;
  other.groups = 3;
  EXPECT_STREQ(conv2d_direct_refusal(other), "groups");
  other = served;
  other.dilation_w = 2;
  EXPECT_STREQ(conv2d_direct_refusal(other), "dilation");
  other = served;
  other.in_c = 16;
  EXPECT_NE(std::string(conv2d_direct_refusal(other)).find("channels and stride"), std::string::npos);
}

}  // namespace
}  // namespace sepal::kernels
