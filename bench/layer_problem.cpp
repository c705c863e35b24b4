#include "bench/layer_problem.h"

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/layers/convolutional/conv2d.h"
#include "sepal/layers/convolutional/separable_conv2d.h"
#include "sepal/ops/conv.h"

namespace sepal::bench {
namespace {

/// The seeds that tell the operands apart.
enum Seed : std::uint64_t { kInput = 1, kDepthwise, kPointwise, kBias, kConvKernel, kOutputGradient };

Tensor hashed_tensor(const Shape& shape, Seed seed) {
  return Tensor::from(hashed_numbers(shape.num_elements(), seed), shape);
}

struct Output {
  explicit Output(const LayerProblem& p) {
    const ops::Padding padding = ops::padding_from_name(p.padding);
    height = ops::window_output_length(p.height, p.kernel_h, padding, p.stride, p.dilation);
    width = ops::window_output_length(p.width, p.kernel_w, padding, p.stride, p.dilation);
  }
  std::int64_t height, width;
};

Shape image_shape(const LayerProblem& p, std::int64_t height, std::int64_t width, std::int64_t channels) {
  if (p.data_format == "channels_first") return {p.batch, channels, height, width};
  return {p.batch, height, width, channels};
}

/// The arguments that both layers have, under the same names.
template <class Options>
Options shared_options(const LayerProblem& p) {
  return {.filters = p.filters,
          .kernel_size = {p.kernel_h, p.kernel_w},
          .strides = p.stride,
          .padding = p.padding,
          .data_format = p.data_format,
          .dilation_rate = p.dilation};
}

}  // namespace

double LayerProblem::flops(Work work) const {
  const Output out(*this);
  const auto pixels = static_cast<double>(batch * out.height * out.width);
  const auto taps = static_cast<double>(kernel_h * kernel_w);
  if (work == Work::conv2d) return 2 * pixels * taps * static_cast<double>(channels * filters);
  const double forward =
      2 * pixels * static_cast<double>(channels * depth_multiplier) * (taps + static_cast<double>(filters));
  return work == Work::forward ? forward : 3 * forward;
}

double LayerProblem::bytes(Work work) const {
  const Output out(*this);
  const std::int64_t x = batch * height * width * channels, y = batch * out.height * out.width * filters;
  const std::int64_t taps = kernel_h * kernel_w, wide = channels * depth_multiplier;
  const std::int64_t weights =
      (work == Work::conv2d ? taps * channels * filters : taps * wide + wide * filters) + filters;
  // A training step reads x, dy and the weights and writes y and a gradient of everything that has one.
  const std::int64_t floats = work == Work::training_step ? 2 * (x + y + weights) : x + y + weights;
  return static_cast<double>(floats) * sizeof(float);
}

std::vector<float> hashed_numbers(std::int64_t count, std::uint64_t seed) {
  constexpr std::uint64_t kSeedStep = 7919;
  constexpr std::uint32_t kFirstFactor = 2654435761U, kSecondFactor = 2246822519U;
  std::vector<float> numbers(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    auto bits = static_cast<std::uint32_t>(i + seed * kSeedStep) * kFirstFactor;
    bits = (bits ^ (bits >> 15)) * kSecondFactor;
    numbers[i] = static_cast<float>(bits >> 16) / 65536.F - 0.5F;
  }
  return numbers;
}

std::function<Tensors()> ready_layer(const LayerProblem& p, Work work) {
  const Tensor x = hashed_tensor(image_shape(p, p.height, p.width, p.channels), kInput);
  const Tensor bias = hashed_tensor({p.filters}, kBias);
  if (work == Work::conv2d) {
    const layers::Conv2D layer(shared_options<Conv2DOptions>(p));
    layer->build_for({x.shape()});
    layer->set_weights({hashed_tensor({p.kernel_h, p.kernel_w, p.channels, p.filters}, kConvKernel), bias});
    return [=] { return Tensors{layer(x)}; };
  }
  SeparableConv2DOptions options = shared_options<SeparableConv2DOptions>(p);
  options.depth_multiplier = p.depth_multiplier;
  const layers::SeparableConv2D layer(options);
  layer->build_for({x.shape()});
  layer->set_weights({hashed_tensor({p.kernel_h, p.kernel_w, p.channels, p.depth_multiplier}, kDepthwise),
                      hashed_tensor({1, 1, p.channels * p.depth_multiplier, p.filters}, kPointwise), bias});
  if (work == Work::forward) return [=] { return Tensors{layer(x)}; };
  const Output out(p);
  const Tensor dy = hashed_tensor(image_shape(p, out.height, out.width, p.filters), kOutputGradient);
  return [=] {
    GradientTape tape;
    tape.watch(x);
    const Tensor y = layer(x);
    Tensors sources{x};
    for (const Variable& weight : layer->trainable_weights()) sources.push_back(weight.value());
    Tensors results{y};
    for (const Tensor& gradient : tape.gradient(y, sources, dy)) results.push_back(gradient);
    return results;
  };
}

}  // namespace sepal::bench
