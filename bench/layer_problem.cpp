#include "bench/layer_problem.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/layers/convolutional/conv2d.h"
#include "sepal/layers/convolutional/separable_conv2d.h"
#include "sepal/ops/conv.h"

namespace sepal::bench {
namespace {

/// The seeds that tell the operands apart.
enum Seed : std::uint64_t { kInput = 1, kDepthwise, kPointwise, kBias, kConvKernel, kOutputGradient };

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

std::int64_t out_length(const LayerProblem& p, std::int64_t length, std::int64_t kernel) {
  return ops::window_output_length(length, kernel, ops::padding_from_name(p.padding), p.stride, p.dilation);
}

std::int64_t pad_before(const LayerProblem& p, std::int64_t length, std::int64_t kernel) {
  return ops::window_padding_before(length, kernel, ops::padding_from_name(p.padding), p.stride, p.dilation);
}

}  // namespace

Work work_from_kind(const std::string& kind) {
  if (kind == "sep") return Work::forward;
  if (kind == "train") return Work::training_step;
  if (kind == "conv") return Work::conv2d;
  throw ValueError("kind must be sep, train or conv. Received: " + kind);
}

LayerProblem LayerProblem::from_json(const Json& entry) {
  LayerProblem p;
  entry.at("name").get_to(p.name);
  p.batch = entry.value("n", std::int64_t{1});
  entry.at("h").get_to(p.height);
  entry.at("w").get_to(p.width);
  entry.at("cin").get_to(p.channels);
  entry.at("cout").get_to(p.filters);
  entry.at("kh").get_to(p.kernel_h);
  entry.at("kw").get_to(p.kernel_w);
  entry.at("stride").get_to(p.stride);
  entry.at("dilation").get_to(p.dilation);
  entry.at("dm").get_to(p.depth_multiplier);
  entry.at("padding").get_to(p.padding);
  entry.at("data_format").get_to(p.data_format);
  return p;
}

std::int64_t LayerProblem::out_height() const { return out_length(*this, height, kernel_h); }
std::int64_t LayerProblem::out_width() const { return out_length(*this, width, kernel_w); }
std::int64_t LayerProblem::pad_top() const { return pad_before(*this, height, kernel_h); }
std::int64_t LayerProblem::pad_left() const { return pad_before(*this, width, kernel_w); }

double LayerProblem::flops(Work work) const {
  const auto pixels = static_cast<double>(batch * out_height() * out_width());
  const auto taps = static_cast<double>(kernel_h * kernel_w);
  if (work == Work::conv2d) return 2 * pixels * taps * static_cast<double>(channels * filters);
  const double forward =
      2 * pixels * static_cast<double>(channels * depth_multiplier) * (taps + static_cast<double>(filters));
  return work == Work::forward ? forward : 3 * forward;
}

double LayerProblem::bytes(Work work) const {
  const std::int64_t x = batch * height * width * channels, y = batch * out_height() * out_width() * filters;
  const std::int64_t taps = kernel_h * kernel_w, wide = channels * depth_multiplier;
  const std::int64_t kernels = work == Work::conv2d ? taps * channels * filters : (taps + filters) * wide;
  const std::int64_t forward = x + kernels + filters + y;
  // A training step also reads dy and writes a gradient for everything that has one.
  return static_cast<double>(work == Work::training_step ? 2 * forward : forward) * sizeof(float);
}

Tensor hashed_tensor(const Shape& shape, std::uint64_t seed) {
  constexpr std::uint64_t kSeedStep = 7919;
  constexpr std::uint32_t kFirstFactor = 2654435761U, kSecondFactor = 2246822519U;
  Tensor tensor(shape);
  float* const numbers = tensor.mutable_data<float>();
  const auto count = static_cast<std::uint64_t>(tensor.num_elements());
  for (std::uint64_t i = 0; i < count; ++i) {
    auto bits = static_cast<std::uint32_t>(i + seed * kSeedStep) * kFirstFactor;
    bits = (bits ^ (bits >> 15)) * kSecondFactor;
    numbers[i] = static_cast<float>(bits >> 16) / 65536.F - 0.5F;
  }
  return tensor;
}

LayerData::LayerData(const LayerProblem& p, Work work)
    : x(hashed_tensor(image_shape(p, p.height, p.width, p.channels), kInput)),
      bias(hashed_tensor({p.filters}, kBias)) {
  if (work == Work::conv2d) {
    conv_kernel = hashed_tensor({p.kernel_h, p.kernel_w, p.channels, p.filters}, kConvKernel);
    return;
  }
  depthwise = hashed_tensor({p.kernel_h, p.kernel_w, p.channels, p.depth_multiplier}, kDepthwise);
  pointwise = hashed_tensor({1, 1, p.channels * p.depth_multiplier, p.filters}, kPointwise);
  if (work == Work::training_step) {
    output_gradient =
        hashed_tensor(image_shape(p, p.out_height(), p.out_width(), p.filters), kOutputGradient);
  }
}

ops::Conv2DOptions options_of(const LayerProblem& p) {
  return {.stride_h = p.stride,
          .stride_w = p.stride,
          .dilation_h = p.dilation,
          .dilation_w = p.dilation,
          .padding = ops::padding_from_name(p.padding),
          .channels_first = p.data_format == "channels_first"};
}

std::function<Tensors()> ready_layer(const LayerProblem& p, Work work) {
  const LayerData data(p, work);
  if (work == Work::conv2d) {
    const layers::Conv2D layer(shared_options<Conv2DOptions>(p));
    layer->build_for({data.x.shape()});
    layer->set_weights({data.conv_kernel, data.bias});
    return [layer, x = data.x] { return Tensors{layer(x)}; };
  }
  SeparableConv2DOptions options = shared_options<SeparableConv2DOptions>(p);
  options.depth_multiplier = p.depth_multiplier;
  const layers::SeparableConv2D layer(options);
  layer->build_for({data.x.shape()});
  layer->set_weights({data.depthwise, data.pointwise, data.bias});
  if (work == Work::forward) return [layer, x = data.x] { return Tensors{layer(x)}; };
  return [layer, x = data.x, dy = data.output_gradient] {
    GradientTape tape;
    tape.watch(x);
    const Tensor y = layer(x);
    Tensors sources{x};
    for (const Variable& weight : layer->trainable_weights()) sources.push_back(weight.value());
    Tensors results = tape.gradient(y, sources, dy);
    results.insert(results.begin(), y);
    return results;
  };
}

std::vector<ListedLayer> listed_layers() {
  std::ifstream file(SEPAL_BENCH_SHAPES);
  std::vector<ListedLayer> list;
  for (const Json& entry : Json::parse(file)) {
    list.push_back({LayerProblem::from_json(entry), entry.at("group").get<std::string>(),
                    entry.at("training").get<bool>()});
  }
  return list;
}

}  // namespace sepal::bench
