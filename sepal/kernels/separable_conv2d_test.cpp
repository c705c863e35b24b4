// The fused kernel against the plain loops, for every SIMD target that this machine runs.
#include "sepal/kernels/separable_conv2d.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "sepal/base/parallel.h"
#include "sepal/kernels/depthwise_conv2d.h"
#include "sepal/kernels/image_strides.h"
#include "tests/support/guarded_array.h"
#include "tests/support/kernel_runs.h"
#include "tests/support/random_windows.h"
#include "tests/support/simd_targets.h"

namespace sepal::kernels {
namespace {

using testing::describe;
using testing::for_each_simd_target;
using testing::GuardedArray;
using testing::OneThread;

/// A problem with its operands and room for its results, all of it beside guard pages.
struct SeparableProblem {
  explicit SeparableProblem(const Window2D& window)
      : g(window),
        x(g.batch * g.in_h * g.in_w * g.in_c),
        depthwise(g.kernel_h * g.kernel_w * g.in_c * g.depth_multiplier),
        pointwise(g.in_c * g.depth_multiplier * g.out_c),
        bias(g.out_c),
        y(g.batch * g.out_h * g.out_w * g.out_c),
        dy(g.batch * g.out_h * g.out_w * g.out_c),
        dx(g.batch * g.in_h * g.in_w * g.in_c),
        ddepthwise(g.kernel_h * g.kernel_w * g.in_c * g.depth_multiplier),
        dpointwise(g.in_c * g.depth_multiplier * g.out_c),
        dbias(g.out_c) {}

  void fill(std::mt19937& random) {
    for (GuardedArray* operand : {&x, &depthwise, &pointwise, &bias, &dy}) {
      testing::fill_with_whole_numbers(*operand, random);
    }
  }
  void forget() {
    for (GuardedArray* result : {&y, &dx, &ddepthwise, &dpointwise, &dbias}) testing::fill_with_nan(*result);
  }
  SeparableForward<float> forward() {
    return {.x = x.data(),
            .depthwise = depthwise.data(),
            .pointwise = pointwise.data(),
            .bias = bias.data(),
            .y = y.data()};
  }
  SeparableBackward<float> backward() {
    return {.x = x.data(),
            .depthwise = depthwise.data(),
            .pointwise = pointwise.data(),
            .dy = dy.data(),
            .dx = dx.data(),
            .ddepthwise = ddepthwise.data(),
            .dpointwise = dpointwise.data(),
            .dbias = dbias.data()};
  }
  std::vector<std::vector<float>> results() {
    std::vector<std::vector<float>> all;
    for (GuardedArray* result : {&y, &dx, &ddepthwise, &dpointwise, &dbias}) {
      all.push_back(testing::copy_of(*result));
    }
    return all;
  }

  Window2D g;
  GuardedArray x, depthwise, pointwise, bias, y, dy, dx, ddepthwise, dpointwise, dbias;
};

/// Room for packed weights.
class PackedMemory {
 public:
  explicit PackedMemory(const Window2D& g)
      : floats_(static_cast<std::size_t>(packed_separable_floats(g)) + 16) {}

  float* floats() {
    void* begin = floats_.data();
    std::size_t room = floats_.size() * sizeof(float);
    return static_cast<float*>(std::align(64, 64, begin, room));
  }

 private:
  std::vector<float> floats_;
};

void run_fused(SeparableProblem& p) {
  p.forget();
  separable_conv2d_fused(p.g, p.forward());
  separable_conv2d_backward_fused(p.g, p.backward());
}

void run_reference(SeparableProblem& p) {
  p.forget();
  separable_conv2d_reference(p.g, p.forward());
  separable_conv2d_backward_reference(p.g, p.backward());
}

const char* const kSeparableResults[] = {"y", "dx", "ddepthwise", "dpointwise", "dbias"};

void expect_fused_equals_reference(
    SeparableProblem& p, std::mt19937& random, const std::function<void()>& before_each = [] {}) {
  p.fill(random);
  run_reference(p);
  const auto want = p.results();
  for_each_simd_target([&] {
    before_each();
    run_fused(p);
    const auto got = p.results();
    for (std::size_t i = 0; i < want.size(); ++i) EXPECT_EQ(got[i], want[i]) << kSeparableResults[i];
  });
}

TEST(SeparableConv2DFused, EqualsTheReferenceForEveryGeometryAndTarget) {
  const OneThread one_thread;
  std::mt19937 random(1);
  for (int i = 0; i < 150; ++i) {
    Window2D window = testing::random_window(random);
    window.out_c = 1 + static_cast<std::int64_t>(random() % 40);
    SCOPED_TRACE(describe(window));
    SeparableProblem problem(window);
    expect_fused_equals_reference(problem, random);
    if (HasFailure()) return;
  }
}

/// Cut into several strips of rows per image, or several images per strip, or with many channels.
TEST(SeparableConv2DFused, EqualsTheReferenceWhereStripsMeet) {
  const OneThread one_thread;
  std::mt19937 random(2);
  const auto window = [](std::int64_t batch, std::int64_t size, std::int64_t in_c, std::int64_t out_c,
                         std::int64_t kernel, std::int64_t stride, std::int64_t dilation) {
    return testing::same_window({.batch = batch,
                                 .in_h = size,
                                 .in_w = size,
                                 .in_c = in_c,
                                 .out_c = out_c,
                                 .kernel_h = kernel,
                                 .kernel_w = kernel,
                                 .stride_h = stride,
                                 .stride_w = stride,
                                 .dilation_h = dilation,
                                 .dilation_w = dilation});
  };
  for (Window2D g :
       {window(1, 40, 5, 6, 3, 1, 1), window(2, 30, 33, 18, 5, 1, 2), window(2, 45, 3, 20, 3, 2, 1),
        window(37, 4, 8, 16, 3, 1, 1), window(3, 50, 2, 3, 2, 3, 1), window(1, 33, 4, 7, 3, 2, 3),
        window(2, 7, 130, 200, 3, 1, 1), window(20, 7, 16, 48, 7, 1, 1)}) {
    for (const bool channels_first : {false, true}) {
      g.channels_first = channels_first;
      SCOPED_TRACE(describe(g));
      SeparableProblem problem(g);
      expect_fused_equals_reference(problem, random);
    }
  }
}

TEST(SeparableConv2DFused, GivesTheSameBitsForAnyNumberOfThreads) {
  const OneThread one_thread;
  std::mt19937 random(3);
  for (const std::int64_t batch : {1, 5, 40}) {
    SeparableProblem p(testing::same_window(
        {.batch = batch, .in_h = 19, .in_w = 17, .in_c = 20, .out_c = 37, .kernel_h = 3, .kernel_w = 3}));
    std::normal_distribution<float> normal;
    for (GuardedArray* operand : {&p.x, &p.depthwise, &p.pointwise, &p.bias, &p.dy}) {
      std::generate_n(operand->data(), operand->values().size(), [&] { return normal(random); });
    }
    set_num_threads(1);
    run_fused(p);
    const auto want = p.results();
    for (const int threads : {2, 3, 8}) {
      set_num_threads(threads);
      run_fused(p);
      EXPECT_EQ(p.results(), want) << threads << " threads, batch " << batch;
    }
  }
}

TEST(SeparableConv2DFused, ReadsNothingThatItDidNotWrite) {
  const OneThread one_thread;
  std::mt19937 random(4);
  for (int i = 0; i < 20; ++i) {
    Window2D window = testing::random_window(random);
    window.out_c = 1 + static_cast<std::int64_t>(random() % 40);
    SCOPED_TRACE(describe(window));
    SeparableProblem problem(window);
    expect_fused_equals_reference(problem, random, testing::poison_scratch);
  }
}

/// Its y goes past the caches.
TEST(SeparableConv2DFused, EqualsTheReferenceForLargeOutputs) {
  const OneThread one_thread;
  std::mt19937 random(6);
  SeparableProblem p(testing::same_window(
      {.batch = 1, .in_h = 180, .in_w = 183, .in_c = 2, .out_c = 32, .kernel_h = 3, .kernel_w = 3}));
  expect_fused_equals_reference(p, random);
}

TEST(SeparableConv2DFused, DoesInItsEpilogueWhatSeparateStepsWouldDo) {
  const OneThread one_thread;
  std::mt19937 random(7);
  const auto clamped = [](float value, const Clamp& clamp) {
    return std::min(std::max(value, clamp.lower), clamp.upper);
  };
  for (int i = 0; i < 40; ++i) {
    Window2D g = testing::random_window(random);
    g.out_c = 1 + static_cast<std::int64_t>(random() % 70);
    SCOPED_TRACE(describe(g));
    SeparableProblem p(g);
    p.fill(random);
    const std::int64_t channels = g.in_c * g.depth_multiplier, pixels = g.out_h * g.out_w;
    GuardedArray depthwise_bias(channels), d(g.batch * pixels * channels);
    testing::fill_with_whole_numbers(depthwise_bias, random);
    const SeparableEpilogue epilogue{
        .depthwise = {.lower = 0, .upper = 6},
        .y = {.residual = g.channels_first ? nullptr : p.dy.data(), .clamp = {.lower = -20}}};
    depthwise_conv2d_reference<float>(
        g, {.x = p.x.data(), .kernel = p.depthwise.data(), .bias = depthwise_bias.data(), .y = d.data()});
    for (float& value : d.values()) value = clamped(value, epilogue.depthwise);
    const ImageStrides wide = image_strides(g.out_h, g.out_w, channels, g.channels_first);
    const ImageStrides out = image_strides(g.out_h, g.out_w, g.out_c, g.channels_first);
    std::vector<float> want(p.y.values().size());
    for (std::int64_t n = 0; n < g.batch; ++n) {
      for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
        for (std::int64_t f = 0; f < g.out_c; ++f) {
          const std::int64_t at = out.at(n, pixel / g.out_w, pixel % g.out_w, f);
          float sum = p.bias.data()[f];
          for (std::int64_t k = 0; k < channels; ++k) {
            sum += d.data()[wide.at(n, pixel / g.out_w, pixel % g.out_w, k)] *
                   p.pointwise.data()[k * g.out_c + f];
          }
          if (epilogue.y.residual != nullptr) sum += epilogue.y.residual[at];
          want[static_cast<std::size_t>(at)] = clamped(sum, epilogue.y.clamp);
        }
      }
    }
    for_each_simd_target([&] {
      PackedMemory memory(g);
      const PackedSeparable packed = pack_separable(g,
                                                    {.depthwise = p.depthwise.data(),
                                                     .pointwise = p.pointwise.data(),
                                                     .bias = p.bias.data(),
                                                     .depthwise_bias = depthwise_bias.data()},
                                                    memory.floats());
      testing::fill_with_nan(p.y);
      separable_conv2d_fused(g, p.x.data(), packed, epilogue, p.y.data());
      EXPECT_EQ(testing::copy_of(p.y), want);
    });
    if (HasFailure()) return;
  }
}

// 1024 channels are packed: their rows would share the sets of a cache.
TEST(SeparableConv2DFused, MultipliesByThePointwiseKernelAloneWhereThereIsNoDepthwiseOne) {
  const OneThread one_thread;
  std::mt19937 random(8);
  for (const std::int64_t in_c : {1, 3, 16, 44, 1024}) {
    for (const std::int64_t out_c : {1, 8, 9, 24, 40, 88}) {
      for (const bool channels_first : {false, true}) {
        SeparableProblem p({.batch = 2,
                            .in_h = 5,
                            .in_w = 7,
                            .in_c = in_c,
                            .out_h = 5,
                            .out_w = 7,
                            .out_c = out_c,
                            .kernel_h = 1,
                            .kernel_w = 1,
                            .channels_first = channels_first});
        SCOPED_TRACE(describe(p.g));
        p.fill(random);
        std::fill_n(p.depthwise.data(), in_c, 1.0F);
        separable_conv2d_reference(p.g, p.forward());
        const std::vector<float> want = testing::copy_of(p.y);
        for_each_simd_target([&] {
          PackedMemory memory(p.g);
          const PackedSeparable packed = pack_separable(
              p.g, {.depthwise = nullptr, .pointwise = p.pointwise.data(), .bias = p.bias.data()},
              memory.floats());
          testing::fill_with_nan(p.y);
          separable_conv2d_fused(p.g, p.x.data(), packed, {}, p.y.data());
          EXPECT_EQ(testing::copy_of(p.y), want);
        });
      }
    }
  }
}

TEST(SeparableConv2DFused, ComputesOnlyTheGradientsThatAreWanted) {
  const OneThread one_thread;
  std::mt19937 random(5);
  SeparableProblem p(testing::same_window(
      {.batch = 3, .in_h = 6, .in_w = 5, .in_c = 4, .out_c = 9, .kernel_h = 3, .kernel_w = 3}));
  p.fill(random);
  run_reference(p);
  const auto want = p.results();
  for (unsigned wanted = 0; wanted < 16; ++wanted) {
    p.forget();
    SeparableBackward<float> arrays = p.backward();
    if ((wanted & 1) == 0) arrays.dx = nullptr;
    if ((wanted & 2) == 0) arrays.ddepthwise = nullptr;
    if ((wanted & 4) == 0) arrays.dpointwise = nullptr;
    if ((wanted & 8) == 0) arrays.dbias = nullptr;
    separable_conv2d_backward_fused(p.g, arrays);
    const auto got = p.results();
    for (std::size_t i = 1; i < 5; ++i) {
      if (((wanted >> (i - 1)) & 1) != 0) {
        EXPECT_EQ(got[i], want[i]) << kSeparableResults[i] << " of " << wanted;
      } else {
        EXPECT_TRUE(std::isnan(got[i][0])) << kSeparableResults[i] << " of " << wanted;
      }
    }
  }
}

}  // namespace
}  // namespace sepal::kernels
