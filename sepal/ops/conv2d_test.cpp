#include <gtest/gtest.h>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/kernels/onednn.h"
#include "sepal/ops/array.h"
#include "sepal/ops/conv.h"
#include "sepal/ops/conv_geometry.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/implementations.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"
#include "tests/support/thread_counts.h"

namespace sepal::ops {
namespace {

using testing::expect_error;
using testing::expect_gradients_match_finite_differences;
using testing::expect_same_bits;
using testing::expect_values;
using testing::ramp;
using testing::small_integers;
using testing::varied;

Tensor to_channels_first(const Tensor& images) { return transpose(images, {0, 3, 1, 2}); }
Tensor to_channels_last(const Tensor& images) { return transpose(images, {0, 2, 3, 1}); }

// (n, h, w, c) images convolved in the layout that the options name.
Tensor convolve(const Tensor& images, const Tensor& kernel, const Tensor& bias,
                const Conv2DOptions& options) {
  if (!options.channels_first) return conv2d(images, kernel, bias, options);
  return to_channels_last(conv2d(to_channels_first(images), kernel, bias, options));
}

// ramp - 18: -17, -16, … 18. The values with it below are TensorFlow's (tf.nn.conv2d, float64).
Tensor kernel_322_3() { return add(ramp({3, 2, 2, 3}), -18.0); }

TEST(Conv2D, PadsTheEndFirstWhenSame) {
  for (const bool channels_first : {false, true}) {
    const Conv2DOptions options{
        .stride_h = 2, .stride_w = 2, .padding = Padding::same, .channels_first = channels_first};
    expect_values(convolve(ramp({1, 4, 5, 2}), kernel_322_3(), Tensor(), options), {1, 2, 3, 3},
                  {930, 1080, 1230, 906, 1104, 1302, 75, 192, 309, -1160, -940, -720, -1368, -1116, -864,
                   -1188, -1050, -912});
  }
}

TEST(Conv2D, Dilates) {
  for (const bool channels_first : {false, true}) {
    const Conv2DOptions valid{.dilation_w = 2, .channels_first = channels_first};
    expect_values(convolve(ramp({1, 4, 5, 2}), kernel_322_3(), Tensor(), valid), {1, 2, 3, 3},
                  {960, 1122, 1284, 948, 1134, 1320, 936, 1146, 1356, 900, 1182, 1464, 888, 1194, 1500, 876,
                   1206, 1536});
    const Conv2DOptions same{
        .dilation_h = 2, .dilation_w = 2, .padding = Padding::same, .channels_first = channels_first};
    expect_values(convolve(ramp({1, 4, 5, 2}), kernel_322_3(), Tensor(), same), {1, 4, 5, 3},
                  {702,  756,  810,  1128, 1236, 1344, 1216, 1340, 1464, 1304, 1444, 1584, 418,  488,  558,
                   1042, 1136, 1230, 1568, 1756, 1944, 1656, 1860, 2064, 1744, 1964, 2184, 518,  628,  738,
                   54,   108,  162,  -168, -60,  48,   -272, -148, -24,  -376, -236, -96,  -422, -352, -282,
                   -86,  8,    102,  -688, -500, -312, -792, -588, -384, -896, -676, -456, -802, -692, -582});
  }
}

TEST(Conv2D, ConvolvesGroupsByThemselves) {
  for (const bool channels_first : {false, true}) {
    const Conv2DOptions options{.channels_first = channels_first, .groups = 2};
    expect_values(convolve(ramp({1, 4, 5, 2}), add(ramp({2, 2, 1, 4}), -8.0), Tensor(), options),
                  {1, 3, 4, 4}, {60,  88, 120, 152, 52,  88, 128, 168, 44,  88, 136, 184, 36,  88, 144, 200,
                                 20,  88, 160, 232, 12,  88, 168, 248, 4,   88, 176, 264, -4,  88, 184, 280,
                                 -20, 88, 200, 312, -28, 88, 208, 328, -36, 88, 216, 344, -44, 88, 224, 360});
  }
}

TEST(Conv2D, AddsTheBias) {
  const Tensor bias = Tensor::from<double>({1000, 0, -1000}, {3});
  const Conv2DOptions options{.stride_h = 2, .stride_w = 2, .padding = Padding::same};
  const Tensor y = conv2d(ramp({1, 4, 5, 2}), kernel_322_3(), bias, options);
  EXPECT_EQ(y.at(0), 1930);
  EXPECT_EQ(y.at(1), 1080);
  EXPECT_EQ(y.at(2), 230);
}

TEST(Conv2D, HasTheGradientsOfTensorFlow) {
  const Tensor x = ramp({1, 4, 5, 2});
  const Tensor kernel = kernel_322_3();
  GradientTape tape;
  tape.watch(x);
  tape.watch(kernel);
  const Tensor y = conv2d(x, kernel, Tensor(), {.stride_h = 2, .stride_w = 2, .padding = Padding::same});
  const Tensors gradients = tape.gradient(y, {x, kernel}, ramp(y.shape()));
  expect_values(gradients[0], x.shape(),
                {-94,  -76,  -58,  -40, -238, -193, -148, -103, -382, -310, -22,  -4,   14,   32,
                 -58,  -13,  32,   77,  -94,  -22,  -476, -359, -242, -125, -548, -377, -206, -35,
                 -620, -395, -130, -31, 68,   167,  -166, -40,  86,   212,  -202, -49});
  expect_values(
      gradients[1], kernel.shape(),
      {1083, 1173, 1263, 1134, 1230, 1326, 612, 672, 732, 640, 704, 768, 1593, 1743, 1893, 1644, 1800, 1956,
       892,  992,  1092, 920,  1024, 1128, 324, 399, 474, 336, 414, 492, 131,  181,  231,  136,  188,  240});
}

struct Convolution {
  Shape x;
  Shape kernel;
  Conv2DOptions options;
};

// Unequal strides and dilations, kernels larger than the image, strides beyond the kernel, one channel,
// groups.
std::vector<Convolution> convolutions() {
  std::vector<Convolution> list;
  const Conv2DOptions geometries[] = {
      {},
      {.padding = Padding::same},
      {.stride_h = 2, .stride_w = 3, .padding = Padding::same},
      {.stride_h = 3, .stride_w = 1},
      {.dilation_h = 2, .dilation_w = 1, .padding = Padding::same},
      {.stride_h = 2, .stride_w = 2, .dilation_h = 1, .dilation_w = 2, .padding = Padding::same},
  };
  for (Conv2DOptions options : geometries) {
    for (const bool channels_first : {false, true}) {
      options.channels_first = channels_first;
      for (const auto& [in, filters, groups] : {std::array{1, 3, 1}, {3, 2, 1}, {4, 6, 2}, {3, 3, 3}}) {
        options.groups = groups;
        for (const auto& [kh, kw] : {std::array{1, 1}, {3, 3}, {2, 3}}) {
          const Shape x = channels_first ? Shape{2, in, 5, 6} : Shape{2, 5, 6, in};
          list.push_back({x, {kh, kw, in / groups, filters}, options});
        }
      }
    }
  }
  list.push_back({{1, 2, 3, 2}, {5, 5, 2, 2}, {.padding = Padding::same}});  // the kernel beyond the image
  list.push_back({{2, 4, 3, 3}, {3, 3, 4, 2}, {.channels_first = true}});    // a single output pixel
  return list;
}

TEST(Conv2D, HasTheGradientsOfFiniteDifferences) {
  for (const Convolution& c : convolutions()) {
    SCOPED_TRACE(describe(conv_window(c.x, c.kernel[0], c.kernel[1], c.kernel[3], c.options)));
    expect_gradients_match_finite_differences(
        [&](const Tensors& in) { return conv2d(in[0], in[1], in[2], c.options); },
        {varied(c.x, 1), varied(c.kernel, 2), varied({c.kernel[3]}, 3)});
  }
}

TEST(Conv2D, CanBeDifferentiatedTwice) {
  for (const Conv2DOptions& options : {Conv2DOptions{.stride_h = 2, .padding = Padding::same, .groups = 2},
                                       Conv2DOptions{.channels_first = true, .groups = 2}}) {
    expect_gradients_match_finite_differences(
        [&](const Tensors& in) {
          GradientTape tape({.persistent = true});
          for (const Tensor& input : in) tape.watch(input);
          const Tensor y = conv2d(in[0], in[1], in[2], options);
          const Tensors gradients = tape.gradient(multiply(y, y), in);
          return concatenate({reshape(gradients[0], {kNone}), reshape(gradients[1], {kNone}), gradients[2]},
                             0);
        },
        {varied({1, 4, 4, 4}, 1), varied({2, 2, 2, 2}, 2), varied({2}, 3)}, 1e-5);
  }
}

// y, dx, dkernel, dbias.
Tensors forward_and_backward(const Tensor& x, const Tensor& kernel, const Tensor& bias,
                             const Conv2DOptions& options, const Tensor& dy = {}) {
  GradientTape tape;
  for (const Tensor& operand : {x, kernel, bias}) tape.watch(operand);
  const Tensor y = conv2d(x, kernel, bias, options);
  Tensors results =
      tape.gradient(y, {x, kernel, bias}, dy.defined() ? dy : small_integers(y.shape(), 4, y.dtype()));
  results.insert(results.begin(), y);
  return results;
}

bool onednn_accepts(const kernels::Window2D& window) {
  return kernels::onednn::conv2d_refusal(window, true).empty() &&
         kernels::onednn::conv2d_backward_input_refusal(window).empty() &&
         kernels::onednn::conv2d_backward_kernel_refusal(window).empty();
}

void expect_onednn_is_reference(const Convolution& c) {
  const kernels::Window2D window = conv_window(c.x, c.kernel[0], c.kernel[1], c.kernel[3], c.options);
  SCOPED_TRACE(describe(window));
  const Tensor x = small_integers(c.x, 1);
  const Tensor kernel = small_integers(c.kernel, 2);
  const Tensor bias = small_integers({c.kernel[3]}, 3);
  const auto run = [&](const char* implementation) {
    const ForceImplementation force(implementation);
    return forward_and_backward(x, kernel, bias, c.options);
  };
  const Tensors got = run("onednn");
  const Tensors want = run("reference");
  for (std::size_t i = 0; i < want.size(); ++i) expect_same_bits(got[i], want[i]);
}

TEST(Conv2D, OfOneDnnIsThatOfTheReference) {
  if (!kernels::onednn::matmul_refusal().empty()) GTEST_SKIP() << kernels::onednn::matmul_refusal();
  std::vector<Convolution> list = convolutions();
  // Wide enough for its vector code, with odd channels; many images, and one that is cut into rows.
  list.push_back({{3, 14, 15, 16}, {3, 3, 16, 32}, {.padding = Padding::same}});
  list.push_back({{3, 9, 15, 17}, {3, 3, 17, 19}, {.stride_h = 2, .stride_w = 2, .padding = Padding::same}});
  list.push_back({{2, 24, 20, 12}, {3, 3, 12, 20}, {.channels_first = true}});
  list[list.size() - 1].x = {2, 12, 24, 20};
  list.push_back({{37, 28, 28, 1}, {3, 3, 1, 16}, {.padding = Padding::same}});
  list.push_back(
      {{37, 14, 14, 16}, {1, 1, 16, 32}, {.stride_h = 2, .stride_w = 2, .padding = Padding::same}});
  list.push_back({{1, 40, 40, 32}, {3, 3, 32, 32}, {.padding = Padding::same}});
  list.push_back({{1, 40, 40, 32}, {5, 5, 32, 16}, {.stride_h = 2, .stride_w = 2, .padding = Padding::same}});
  list.push_back({{1, 40, 33, 16}, {3, 3, 16, 16}, {.dilation_h = 3, .dilation_w = 2}});
  list.push_back({{2, 10, 10, 32}, {3, 3, 8, 64}, {.padding = Padding::same, .groups = 4}});
  std::size_t accepted = 0;
  for (const Convolution& c : list) {
    if (!onednn_accepts(conv_window(c.x, c.kernel[0], c.kernel[1], c.kernel[3], c.options))) continue;
    ++accepted;
    expect_onednn_is_reference(c);
  }
  EXPECT_GT(accepted, list.size() / 2);
}

TEST(Conv2D, OfOnePixelKernelsIsAMatrixProduct) {
  const Tensor x = small_integers({2, 5, 6, 7}, 1);
  const Tensor kernel = small_integers({1, 1, 7, 9}, 2);
  const Tensor bias = small_integers({9}, 3);
  const Tensors want = [&] {
    const ForceImplementation force("reference");
    return forward_and_backward(x, kernel, bias, {});
  }();
  const ForceImplementation force("matmul");
  const Tensors got = forward_and_backward(x, kernel, bias, {});
  for (std::size_t i = 0; i < want.size(); ++i) expect_same_bits(got[i], want[i]);
}

TEST(Conv2D, HasTheSameBitsForAnyThreadCount) {
  const Convolution list[] = {{{37, 14, 14, 3}, {3, 3, 3, 16}, {.padding = Padding::same}},
                              {{1, 40, 40, 32}, {3, 3, 32, 32}, {.padding = Padding::same}},
                              {{9, 8, 20, 20}, {3, 3, 8, 12}, {.channels_first = true}},
                              {{30, 14, 14, 32}, {1, 1, 32, 48}, {}}};
  for (const Convolution& c : list) {
    for (const DType dtype : {DType::float32, DType::float64}) {
      const Tensor x = varied(c.x, 1, dtype);
      const Tensor kernel = varied(c.kernel, 2, dtype);
      const Tensor bias = varied({c.kernel[3]}, 3, dtype);
      const auto run = [&] {
        const Tensor dy = varied(conv2d(x, kernel, bias, c.options).shape(), 4, dtype);
        return forward_and_backward(x, kernel, bias, c.options, dy);
      };
      testing::expect_same_bits_for_any_thread_count(run);
      const ForceImplementation force("reference");
      testing::expect_same_bits_for_any_thread_count(run);
    }
  }
}

TEST(Conv2D, TakesABatchOfNothing) {
  const Tensor x = Tensor::zeros({0, 5, 6, 2});
  const Tensor kernel = Tensor::ones({3, 3, 2, 4});
  const Tensors results = forward_and_backward(x, kernel, Tensor::zeros({4}), {});
  EXPECT_EQ(results[0].shape(), (Shape{0, 3, 4, 4}));
  EXPECT_EQ(results[1].shape(), x.shape());
  expect_values(results[2], kernel.shape(), std::vector<double>(72, 0.0));
  expect_values(results[3], {4}, {0, 0, 0, 0});
}

TEST(Conv2D, RefusesShapesThatDoNotFit) {
  const Tensor x = Tensor::zeros({1, 5, 5, 3});
  const Tensor none;
  expect_error<ValueError>(
      [&] {
        (void)conv2d(x, Tensor::zeros({3, 3, 2, 4}), none);
      },
      {"input channels", "(1, 5, 5, 3)", "(3, 3, 2, 4)"});
  expect_error<ValueError>(
      [&] {
        (void)conv2d(x, Tensor::zeros({3, 3, 1, 4}), none, {.groups = 3});
      },
      {"filters", "groups=3"});
  expect_error<ValueError>(
      [&] {
        (void)conv2d(x, Tensor::zeros({3, 3, 3, 4}), none, {.groups = 0});
      },
      {"groups=0"});
  expect_error<ValueError>(
      [&] {
        (void)conv2d(x, Tensor::zeros({3, 3, 3}), none);
      },
      {"`kernel`", "rank 4", "(3, 3, 3)"});
  expect_error<ValueError>([&] { (void)conv2d(x, Tensor::zeros({6, 3, 3, 4}), none); }, {"zero or negative"});
  expect_error<ValueError>(
      [&] {
        (void)conv2d(x, Tensor::zeros({3, 3, 3, 4}), Tensor::zeros({3}));
      },
      {"`bias`", "(4,)"});
  expect_error<ValueError>(
      [&] {
        (void)conv2d(Tensor::zeros({5, 5, 3}), Tensor::zeros({3, 3, 3, 4}), none);
      },
      {"(5, 5, 3)"});
  expect_error<TypeError>(
      [&] {
        (void)conv2d(x, Tensor::zeros({3, 3, 3, 4}, DType::float64), none);
      },
      {"`kernel`", "float64"});
}

TEST(Conv2D, KeepsAKernelUntilItsVersionOrTheImageChanges) {
  WeightCache cache;
  const Tensor x = testing::varied({2, 7, 7, 32}, 1, DType::float32),
               one = testing::varied({1, 7, 7, 32}, 2, DType::float32);
  const Tensor first = testing::varied({3, 3, 32, 80}, 3, DType::float32),
               second = testing::varied({3, 3, 32, 80}, 4, DType::float32);
  const Tensor bias = testing::varied({80}, 5, DType::float32);
  const auto run = [&](const Tensor& image, const Tensor& kernel, std::uint64_t version) {
    return conv2d(image, kernel, bias, {.kept = {&cache, {version, 1, 0}}});
  };
  testing::expect_same_bits(run(x, first, 1), conv2d(x, first, bias));
  testing::expect_same_bits(run(x, first, 1), conv2d(x, first, bias));
  testing::expect_same_bits(run(x, second, 2), conv2d(x, second, bias));
  testing::expect_same_bits(run(one, second, 2), conv2d(one, second, bias));
}

TEST(Conv2D, AddsAllTermsOfADilatedKernelLargerThanTheImage) {
  const Tensor x = testing::small_integers({1, 7, 9, 110}, 1, DType::float32);
  const Tensor kernel = testing::small_integers({6, 6, 110, 113}, 2, DType::float32);
  const Conv2DOptions options{.stride_h = 3, .dilation_w = 2, .padding = Padding::same};
  const Tensor got = conv2d(x, kernel, Tensor(), options);
  const ForceImplementation reference("reference");
  testing::expect_same_bits(got, conv2d(x, kernel, Tensor(), options));
}

}  // namespace
}  // namespace sepal::ops
