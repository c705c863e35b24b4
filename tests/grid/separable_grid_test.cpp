// Convolutions of random geometries: every implementation, on every SIMD target that this machine runs, with
// several numbers of threads, gives exactly the reference's values and gradients. Operands are small whole
// numbers, so that every sum is exact in float32 whatever its order.
//
//   sepal_separable_grid_test [--geometries N]     default: a sample that takes seconds
//
// Linked with guarded_buffers.cpp the same program also ends at the first access beside a tensor.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/base/parallel.h"
#include "sepal/ops/conv.h"
#include "sepal/ops/implementations.h"
#include "sepal/ops/kept_weights.h"
#include "tests/support/simd_targets.h"

namespace sepal {
namespace {

int number_of_geometries = 150;

struct Geometry {
  std::int64_t batch, height, width, channels, kernel_h, kernel_w, depth_multiplier, filters;
  ops::Conv2DOptions options;

  Shape image(std::int64_t h, std::int64_t w, std::int64_t c) const {
    return options.channels_first ? Shape{batch, c, h, w} : Shape{batch, h, w, c};
  }
  std::string str() const {
    const auto pair = [](std::int64_t a, std::int64_t b) {
      return std::to_string(a) + "x" + std::to_string(b);
    };
    return image(height, width, channels).str() + ", kernel " + pair(kernel_h, kernel_w) + ", strides " +
           pair(options.stride_h, options.stride_w) + ", dilation " +
           pair(options.dilation_h, options.dilation_w) +
           (options.padding == ops::Padding::same ? ", same" : ", valid") +
           (options.channels_first ? ", channels first" : "") + ", multiplier " +
           std::to_string(depth_multiplier) + ", filters " + std::to_string(filters);
  }
};

Geometry random_geometry(std::mt19937& random) {
  const auto draw = [&](std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(random() % static_cast<unsigned>(most - least + 1));
  };
  const auto one_in = [&](std::int64_t n) { return draw(1, n) == 1; };
  Geometry g{};
  g.kernel_h = draw(1, 7);
  g.kernel_w = one_in(2) ? g.kernel_h : draw(1, 7);
  g.options.stride_h = one_in(2) ? 1 : draw(1, 3);
  g.options.stride_w = one_in(3) ? draw(1, 4) : g.options.stride_h;
  g.options.dilation_h = one_in(2) ? 1 : draw(1, 3);
  g.options.dilation_w = one_in(3) ? draw(1, 3) : g.options.dilation_h;
  if (one_in(6)) g.kernel_h = g.kernel_w = g.options.stride_h = g.options.stride_w = 1;
  g.options.padding = one_in(2) ? ops::Padding::same : ops::Padding::valid;
  g.options.channels_first = one_in(4);
  g.depth_multiplier = one_in(3) ? draw(2, 4) : 1;
  // Few pixels with many channels, or the reverse: the plain loops must end soon.
  const bool wide = one_in(4);
  g.channels = wide ? draw(17, 140) : draw(1, 24);
  g.filters = wide ? draw(17, 140) : draw(1, 40);
  g.batch = one_in(6) ? draw(4, 12) : draw(1, 3);
  const std::int64_t most = wide ? 9 : 24;
  g.height = draw(1, most);
  g.width = draw(1, most);
  if (g.options.padding == ops::Padding::valid) {
    g.height += (g.kernel_h - 1) * g.options.dilation_h;
    g.width += (g.kernel_w - 1) * g.options.dilation_w;
  }
  return g;
}

Tensor whole_numbers(const Shape& shape, std::mt19937& random) {
  Tensor tensor(shape);
  std::generate_n(tensor.mutable_data<float>(), tensor.num_elements(),
                  [&] { return static_cast<float>(static_cast<int>(random() % 7) - 3); });
  return tensor;
}

/// An op and what may compute it. Every op's operands are the input, its kernels and the bias.
struct Operation {
  const char* name;
  std::vector<const char*> implementations;
  Shapes (*kernel_shapes)(const Geometry&);
  Tensor (*call)(const Geometry&, const Tensors& operands);
};

const Operation kSeparable{"separable_conv2d",
                           {"fused", "dense", "split", "onednn"},
                           [](const Geometry& g) {
                             return Shapes{{g.kernel_h, g.kernel_w, g.channels, g.depth_multiplier},
                                           {1, 1, g.channels * g.depth_multiplier, g.filters},
                                           {g.filters}};
                           },
                           [](const Geometry& g, const Tensors& in) {
                             return ops::separable_conv2d(in[0], in[1], in[2], in[3], g.options);
                           }};

const Operation kDepthwise{"depthwise_conv2d",
                           {"simd"},
                           [](const Geometry& g) {
                             return Shapes{{g.kernel_h, g.kernel_w, g.channels, g.depth_multiplier},
                                           {g.channels * g.depth_multiplier}};
                           },
                           [](const Geometry& g, const Tensors& in) {
                             return ops::depthwise_conv2d(in[0], in[1], in[2], g.options);
                           }};

const Operation kConv2D{
    "conv2d",
    {"matmul", "direct", "onednn"},
    [](const Geometry& g) {
      return Shapes{{g.kernel_h, g.kernel_w, g.channels, g.filters}, {g.filters}};
    },
    [](const Geometry& g, const Tensors& in) { return ops::conv2d(in[0], in[1], in[2], g.options); }};

/// The output of a first and a second call and of one while a tape records, then the gradient of each
/// operand.
Tensors results(const Operation& op, const Geometry& g, const Tensors& operands,
                const Tensor& output_gradient) {
  // Without a tape ops may use weights that were packed in an earlier call, as layers do.
  ops::WeightCache cache;
  Geometry kept = g;
  kept.options.kept = {&cache, {1, 2, 3}};
  const Tensor first = op.call(kept, operands), again = op.call(kept, operands);
  GradientTape tape;
  for (const Tensor& operand : operands) tape.watch(operand);
  const Tensor y = op.call(g, operands);
  Tensors all = tape.gradient(y, operands, output_gradient);
  all.insert(all.begin(), {first, again, y});
  return all;
}

void expect_equal(const Tensors& got, const Tensors& want) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    const auto a = got[i].values<float>(), b = want[i].values<float>();
    const auto differs = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    if (differs.first == a.end()) continue;
    ADD_FAILURE() << (i < 3 ? "output " + std::to_string(i) : "gradient of operand " + std::to_string(i - 3))
                  << " " << got[i].shape().str() << ", element " << differs.first - a.begin() << ": "
                  << *differs.first << ", not " << *differs.second;
  }
}

/// Whether the implementation takes the problem; then it is compared.
bool try_implementation(const char* name, const Operation& op, const Geometry& g, const Tensors& operands,
                        const Tensor& output_gradient, const Tensors& want) {
  const ops::ForceImplementation force(name);
  SCOPED_TRACE(name);
  try {
    expect_equal(results(op, g, operands, output_gradient), want);
  } catch (const RuntimeError&) {
    return false;
  }
  return true;
}

class ThreadCount {
 public:
  explicit ThreadCount(int threads) { set_num_threads(threads); }
  ~ThreadCount() { set_num_threads(before_); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  int before_ = num_threads();
};

void compare_on_grid(const Operation& op) {
  std::mt19937 random(1);
  std::vector<int> taken(op.implementations.size(), 0);
  for (int i = 0; i < number_of_geometries && !::testing::Test::HasFailure(); ++i) {
    const Geometry g = random_geometry(random);
    SCOPED_TRACE(std::string(op.name) + " " + g.str());
    Tensors operands{whole_numbers(g.image(g.height, g.width, g.channels), random)};
    for (const Shape& shape : op.kernel_shapes(g)) operands.push_back(whole_numbers(shape, random));
    Tensor output_gradient;
    Tensors want;
    {
      const ops::ForceImplementation force("reference");
      output_gradient = whole_numbers(op.call(g, operands).shape(), random);
      want = results(op, g, operands, output_gradient);
    }
    testing::for_each_simd_target([&] {
      for (const int threads : {1, 2, 5}) {
        SCOPED_TRACE(std::to_string(threads) + " threads");
        const ThreadCount scope(threads);
        for (std::size_t k = 0; k < taken.size(); ++k) {
          taken[k] +=
              try_implementation(op.implementations[k], op, g, operands, output_gradient, want) ? 1 : 0;
        }
      }
    });
  }
  for (std::size_t k = 0; k < taken.size(); ++k) {
    const std::string name = op.implementations[k];
    // A library that is not there takes nothing.
    if (name != "onednn") {
      EXPECT_GT(taken[k], 0) << name << " took no geometry";
    }
  }
}

TEST(SeparableGrid, SeparableConvolutionEqualsTheReference) { compare_on_grid(kSeparable); }
TEST(SeparableGrid, DepthwiseConvolutionEqualsTheReference) { compare_on_grid(kDepthwise); }
TEST(SeparableGrid, ConvolutionEqualsTheReference) { compare_on_grid(kConv2D); }

}  // namespace
}  // namespace sepal

int main(int argc, char** argv) {
  // With more threads than processors, waiting must not keep a processor busy. OpenMP reads this when the
  // process starts, so the program starts once more.
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) {
    setenv("OMP_WAIT_POLICY", "passive", 0);
    execv("/proc/self/exe", argv);
  }
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string(argv[i]) == "--geometries") sepal::number_of_geometries = std::atoi(argv[i + 1]);
  }
  return RUN_ALL_TESTS();
}
