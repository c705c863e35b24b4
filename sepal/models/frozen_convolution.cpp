#include "sepal/models/frozen_convolution.h"

#include "sepal/kernels/conv2d.h"
#include "sepal/kernels/elementwise.h"
#include "sepal/kernels/onednn.h"
#include "sepal/models/frozen_folding.h"
#include "sepal/ops/conv_geometry.h"

namespace sepal::frozen {
namespace {

using kernels::Window2D;

Window2D window_of(const Convolution& work, const Shape& input) {
  const auto [top, bottom, left, right] = work.zeros;
  const int h = work.options.channels_first ? 2 : 1;
  Shape framed = input;
  framed[h] += top + bottom;
  framed[h + 1] += left + right;
  const bool has_depthwise = work.depthwise_shape.rank() > 0;
  const Shape& kernel = has_depthwise ? work.depthwise_shape : work.kernel_shape;
  Window2D window = ops::conv_window(framed, kernel[0], kernel[1], kernel[3], work.options);
  if (has_depthwise) {
    window.depth_multiplier = kernel[3];
    window.out_c = work.kind == Convolution::Kind::depthwise ? kernel[2] * kernel[3] : work.kernel_shape[3];
  }
  window.in_h = input[h];
  window.in_w = input[h + 1];
  window.pad_top += top;
  window.pad_left += left;
  return window;
}

const float* data_of(const Tensor& tensor) { return tensor.defined() ? tensor.data<float>() : nullptr; }

/// What the kernel does not do itself: the sum with the other value, the activation.
class Rest {
 public:
  Rest(const Convolution& work, std::int64_t count, bool sum_is_done, bool activation_is_done)
      : adds_(work.adds && !sum_is_done),
        activation_(activation_is_done ? Activation{} : work.activation),
        count_(count) {}

  void operator()(const StepArrays& a) const {
    if (adds_) {
      kernels::map(
          count_, [](float x, float y) { return x + y; }, a.output, a.output, a.inputs[1]);
    }
    if (!activation_.is_linear()) apply(activation_, count_, a.output, a.output);
  }

 private:
  bool adds_;
  Activation activation_;
  std::int64_t count_;
};

// A sum with channels first is not the kernel's.
Step separable_step(const Convolution& work, const Window2D& window, std::int64_t count) {
  const std::optional<kernels::Clamp> clamp = work.activation.clamp();
  const bool adds = work.adds && !window.channels_first;
  const bool clamps = clamp && adds == work.adds;
  const Rest rest(work, count, adds, clamps);
  kernels::SeparableEpilogue epilogue{.depthwise = *work.depthwise_activation.clamp(), .y = {}};
  if (clamps) epilogue.y.clamp = *clamp;
  epilogue.y_pixel = work.joined_channels;
  return {.run =
              [packed = work.packed, window, epilogue, adds, rest](const StepArrays& a) {
                kernels::SeparableEpilogue here = epilogue;
                if (adds) here.y.residual = a.inputs[1];
                kernels::separable_conv2d_fused(window, a.inputs[0], packed->separable, here, a.output);
                rest(a);
              },
          .kernel = "fused"};
}

Step depthwise_step(const Convolution& work, const Window2D& window, std::int64_t count) {
  const std::optional<kernels::Clamp> clamp = work.adds ? std::nullopt : work.activation.clamp();
  const Rest rest(work, count, false, clamp.has_value());
  const kernels::Clamp bounds = clamp.value_or(kernels::Clamp{});
  return {.run =
              [packed = work.packed, window, bounds, rest](const StepArrays& a) {
                kernels::depthwise_conv2d_simd(window, a.inputs[0], packed->depthwise, bounds, a.output);
                rest(a);
              },
          .kernel = "fused"};
}

Step direct_step(const Convolution& work, const Window2D& window, std::int64_t count) {
  const std::optional<kernels::Clamp> clamp = work.activation.clamp();
  const Rest rest(work, count, true, clamp.has_value());
  const kernels::Clamp bounds = clamp.value_or(kernels::Clamp{});
  return {.run =
              [packed = work.packed, window, bounds, adds = work.adds, rest](const StepArrays& a) {
                kernels::conv2d_direct(window, a.inputs[0], packed->conv,
                                       {.residual = adds ? a.inputs[1] : nullptr, .clamp = bounds}, a.output);
                rest(a);
              },
          .kernel = "direct"};
}

Step conv_step(const Convolution& work, const Window2D& window, std::int64_t count) {
  if (work.packed) return direct_step(work, window, count);
  const Rest rest(work, count, false, false);
  if (kernels::onednn::conv2d_refusal(window, work.bias.defined()).empty()) {
    const auto prepared = std::make_shared<const kernels::onednn::PreparedConv2D>(
        window, work.kernel.data<float>(), data_of(work.bias));
    return {.run =
                [kernel = work.kernel, bias = work.bias, prepared, rest](const StepArrays& a) {
                  prepared->run(a.inputs[0], a.output);
                  rest(a);
                },
            .kernel = "onednn"};
  }
  return {.run =
              [kernel = work.kernel, bias = work.bias, window, rest](const StepArrays& a) {
                kernels::conv2d<float>(window, a.inputs[0], kernel.data<float>(), data_of(bias), a.output);
                rest(a);
              },
          .kernel = "reference"};
}

// What packing reads of a geometry; the rest of it comes with the images.
Window2D weights_window(const Convolution& work) {
  const bool has_depthwise = work.depthwise_shape.rank() > 0;
  const Shape& kernel = has_depthwise ? work.depthwise_shape : work.kernel_shape;
  Window2D window;
  window.kernel_h = kernel[0];
  window.kernel_w = kernel[1];
  window.in_c = kernel[2];
  if (has_depthwise) window.depth_multiplier = kernel[3];
  window.out_c = work.kind == Convolution::Kind::depthwise ? window.in_c * window.depth_multiplier
                                                           : work.kernel_shape[3];
  window.stride_w = work.options.stride_w;
  window.dilation_h = work.options.dilation_h;
  window.dilation_w = work.options.dilation_w;
  window.groups = work.options.groups;
  window.channels_first = work.options.channels_first;
  return window;
}

Tensor room_for(std::int64_t floats) { return Tensor(Shape{floats}); }

// Nothing for a convolution whose kernel takes the weights as they are.
std::shared_ptr<const PackedWeights> packed(const Convolution& work) {
  const Window2D window = weights_window(work);
  auto result = std::make_shared<PackedWeights>();
  const float* kernel = data_of(work.kernel);
  const float* bias = data_of(work.bias);
  switch (work.kind) {
    case Convolution::Kind::dense:
    case Convolution::Kind::separable:
      result->memory = room_for(kernels::packed_separable_floats(window));
      result->separable = kernels::pack_separable(window,
                                                  {.depthwise = data_of(work.depthwise),
                                                   .pointwise = kernel,
                                                   .bias = bias,
                                                   .depthwise_bias = data_of(work.depthwise_bias)},
                                                  result->memory.mutable_data<float>());
      return result;
    case Convolution::Kind::depthwise:
      result->memory = room_for(kernels::packed_depthwise_floats(window));
      result->depthwise = kernels::pack_depthwise(window, data_of(work.depthwise), bias,
                                                  result->memory.mutable_data<float>());
      return result;
    case Convolution::Kind::conv:
      if (*kernels::conv2d_direct_refusal(window) != '\0') return nullptr;
      result->memory = room_for(kernels::packed_conv2d_floats(window));
      result->conv = kernels::pack_conv2d(window, kernel, bias, result->memory.mutable_data<float>());
      return result;
  }
  return nullptr;
}

}  // namespace

void prepare_weights(Convolution& work) {
  const bool is_depthwise = work.kind == Convolution::Kind::depthwise;
  if (work.folded) fold(*work.folded, is_depthwise ? work.depthwise : work.kernel, work.bias);
  if (work.depthwise_folded) fold(*work.depthwise_folded, work.depthwise, work.depthwise_bias);
  work.folded.reset();
  work.depthwise_folded.reset();
  // The fused kernel serves 1x1 convolutions and Dense layers, whose depthwise step would multiply by 1.
  const bool is_dense = work.kind == Convolution::Kind::dense;
  if (is_dense) work.kernel = work.kernel.reshaped(work.kernel.shape().with_front(1).with_front(1));
  const bool is_pixel_product = is_dense || is_one_by_one(work);
  if (is_pixel_product) work.depthwise_shape = {1, 1, work.kernel.shape()[2], 1};
  if (is_pixel_product && !is_dense) work.kind = Convolution::Kind::separable;
  if (work.depthwise.defined()) work.depthwise_shape = work.depthwise.shape();
  if (work.kernel.defined()) work.kernel_shape = work.kernel.shape();
  work.packed = packed(work);
  if (!work.packed) return;
  work.depthwise = work.kernel = work.bias = work.depthwise_bias = Tensor();
}

Step convolution_step(const Convolution& work, const Shape& input, const Shape& output) {
  const std::int64_t count = output.num_elements();
  const bool is_dense = work.kind == Convolution::Kind::dense;
  // The rows of a Dense layer are the pixels of one image.
  const Shape image =
      is_dense ? Shape{1, 1, input.slice(0, input.rank() - 1).num_elements(), input.back()} : input;
  const Window2D window = window_of(work, image);
  Step step;
  const std::int64_t pixels = window.batch * window.out_h * window.out_w;
  const std::int64_t taps = window.kernel_h * window.kernel_w;
  const std::int64_t middle = window.in_c * window.depth_multiplier;
  switch (work.kind) {
    case Convolution::Kind::dense:
    case Convolution::Kind::separable:
      step = separable_step(work, window, count);
      step.multiply_adds = pixels * middle * ((taps > 1 ? taps : 0) + window.out_c);
      break;
    case Convolution::Kind::depthwise:
      step = depthwise_step(work, window, count);
      step.multiply_adds = pixels * middle * taps;
      break;
    case Convolution::Kind::conv:
      step = conv_step(work, window, count);
      step.multiply_adds = count * taps * work.kernel_shape[2];
      break;
  }
  return step;
}

}  // namespace sepal::frozen
