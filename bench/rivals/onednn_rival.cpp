// oneDNN called by hand: a depthwise and a 1x1 convolution, two primitives, as somebody would who knows the
// library (line_protocol.h).
//
//   onednn_rival plain     images stay in the caller's layout
//   onednn_rival own       images are in the formats that the primitives ask for, converted outside of the
//   timing
//
// Kernels are converted ahead for inference. In a training step they change each time: converting them, and
// the gradients back, is part of the step.
#include <algorithm>
#include <dnnl.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>

#include "bench/layer_problem.h"
#include "bench/line_protocol.h"

namespace sepal::bench {
namespace {

using dnnl::memory;
using Dims = memory::dims;
using Forward = dnnl::convolution_forward;
using BackwardData = dnnl::convolution_backward_data;
using BackwardWeights = dnnl::convolution_backward_weights;

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

memory::desc described(const Dims& dims, memory::format_tag tag) {
  return {dims, memory::data_type::f32, tag};
}

/// The window of one convolution.
struct Window {
  Dims strides{1, 1}, dilates{0, 0}, pads_before{0, 0}, pads_after{0, 0};
};

Window depthwise_window(const LayerProblem& p) {
  const auto after = [&](std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t before) {
    const std::int64_t reach = (out - 1) * p.stride + (kernel - 1) * p.dilation + 1;
    return std::max<std::int64_t>(reach - in - before, 0);
  };
  return {.strides = {p.stride, p.stride},
          .dilates = {p.dilation - 1, p.dilation - 1},
          .pads_before = {p.pad_top(), p.pad_left()},
          .pads_after = {after(p.height, p.out_height(), p.kernel_h, p.pad_top()),
                         after(p.width, p.out_width(), p.kernel_w, p.pad_left())}};
}

/// Formats of a convolution's operands; the bias may be missing.
struct Formats {
  memory::desc x, kernel;
  std::optional<memory::desc> bias;
  memory::desc y;
};

Forward::primitive_desc forward(dnnl::prop_kind kind, const Formats& f, const Window& w) {
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  if (f.bias) {
    return {{kind, kDirect, f.x, f.kernel, *f.bias, f.y, w.strides, w.dilates, w.pads_before, w.pads_after},
            engine()};
  }
  return {{kind, kDirect, f.x, f.kernel, f.y, w.strides, w.dilates, w.pads_before, w.pads_after}, engine()};
}

BackwardData::primitive_desc backward_data(const Formats& f, const Window& w,
                                           const Forward::primitive_desc& hint) {
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  return {{kDirect, f.x, f.kernel, f.y, w.strides, w.dilates, w.pads_before, w.pads_after}, engine(), hint};
}

BackwardWeights::primitive_desc backward_weights(const Formats& f, const Window& w,
                                                 const Forward::primitive_desc& hint) {
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  if (f.bias) {
    return {{kDirect, f.x, f.kernel, *f.bias, f.y, w.strides, w.dilates, w.pads_before, w.pads_after},
            engine(),
            hint};
  }
  return {{kDirect, f.x, f.kernel, f.y, w.strides, w.dilates, w.pads_before, w.pads_after}, engine(), hint};
}

class Network {
 public:
  Network(const LayerProblem& problem, Work work, bool own_formats)
      : p_(problem), work_(work), own_formats_(own_formats), data_(problem, work) {
    kind_ =
        work == Work::training_step ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
    if (work == Work::conv2d) {
      add_conv2d();
    } else {
      add_separable();
    }
  }

  void run() {
    for (const Step& step : steps_) step.primitive.execute(stream_, step.arguments);
    stream_.wait();
  }

  Tensors results() {
    run();
    Tensors all;
    for (const Result& result : results_) {
      Tensor tensor(result.shape);
      memory plain(result.format, engine(), tensor.mutable_raw());
      memory source = result.source;
      dnnl::reorder(source, plain).execute(stream_, source, plain);
      stream_.wait();
      all.push_back(tensor);
    }
    return all;
  }

 private:
  struct Step {
    dnnl::primitive primitive;
    std::unordered_map<int, memory> arguments;
  };
  struct Result {
    memory source;
    memory::desc format;
    Shape shape;
  };

  memory::desc plain_image(std::int64_t channels, std::int64_t height, std::int64_t width) const {
    const bool first = p_.data_format == "channels_first";
    return described({p_.batch, channels, height, width},
                     first ? memory::format_tag::nchw : memory::format_tag::nhwc);
  }
  memory::desc chosen_image(const memory::desc& plain) const {
    return own_formats_ ? described(plain.dims(), memory::format_tag::any) : plain;
  }

  /// The tensor's own memory.
  memory wrap(Tensor& tensor, const memory::desc& format) { return {format, engine(), tensor.mutable_raw()}; }

  /// `source` in another format, converted now and once.
  memory converted(const memory& source, const memory::desc& format) {
    if (source.get_desc() == format) return source;
    memory from = source, to(format, engine());
    dnnl::reorder(from, to).execute(stream_, from, to);
    stream_.wait();
    return to;
  }
  /// `source` in another format, converted in every run.
  memory converting(const memory& source, const memory::desc& format) {
    if (source.get_desc() == format) return source;
    memory to(format, engine());
    steps_.push_back({dnnl::reorder(source, to), {{DNNL_ARG_FROM, source}, {DNNL_ARG_TO, to}}});
    return to;
  }
  memory ready_kernel(const memory& source, const memory::desc& format) {
    return work_ == Work::training_step ? converting(source, format) : converted(source, format);
  }

  void add_conv2d() {
    const auto plain_x = plain_image(p_.channels, p_.height, p_.width);
    const auto plain_y = plain_image(p_.filters, p_.out_height(), p_.out_width());
    const Dims kernel{p_.filters, p_.channels, p_.kernel_h, p_.kernel_w};
    const auto bias = described({p_.filters}, memory::format_tag::a);
    const auto made = forward(
        kind_,
        {chosen_image(plain_x), described(kernel, memory::format_tag::any), bias, chosen_image(plain_y)},
        depthwise_window(p_));
    memory y(made.dst_desc(), engine());
    steps_.push_back(
        {Forward(made),
         {{DNNL_ARG_SRC, converted(wrap(data_.x, plain_x), made.src_desc())},
          {DNNL_ARG_WEIGHTS, converted(wrap(data_.conv_kernel, described(kernel, memory::format_tag::hwio)),
                                       made.weights_desc())},
          {DNNL_ARG_BIAS, wrap(data_.bias, bias)},
          {DNNL_ARG_DST, y}}});
    results_.push_back({y, plain_y, output_shape()});
  }

  void add_separable() {
    const std::int64_t wide = p_.channels * p_.depth_multiplier;
    const auto any = memory::format_tag::any;
    const auto plain_x = plain_image(p_.channels, p_.height, p_.width);
    const auto plain_y = plain_image(p_.filters, p_.out_height(), p_.out_width());
    const auto between = chosen_image(plain_image(wide, p_.out_height(), p_.out_width()));
    // oneDNN's kernel of groups is (group, filter of the group, 1, kh, kw); the layer's is (kh, kw, group,
    // filter).
    const Dims depthwise{p_.channels, p_.depth_multiplier, 1, p_.kernel_h, p_.kernel_w};
    const memory::desc plain_depthwise(depthwise, memory::data_type::f32,
                                       Dims{p_.depth_multiplier, 1, 1, p_.kernel_w * wide, wide});
    const Dims pointwise{p_.filters, wide, 1, 1};
    const auto plain_pointwise = described(pointwise, memory::format_tag::hwio);
    const auto plain_bias = described({p_.filters}, memory::format_tag::a);
    const Window window = depthwise_window(p_), pixel;

    const auto first =
        forward(kind_, {chosen_image(plain_x), described(depthwise, any), {}, between}, window);
    const auto second = forward(
        kind_, {first.dst_desc(), described(pointwise, any), plain_bias, chosen_image(plain_y)}, pixel);
    const memory x = converted(wrap(data_.x, plain_x), first.src_desc()), bias = wrap(data_.bias, plain_bias);
    const memory depthwise_kernel = wrap(data_.depthwise, plain_depthwise);
    const memory pointwise_kernel = wrap(data_.pointwise, plain_pointwise);
    const memory middle(first.dst_desc(), engine()), y(second.dst_desc(), engine());
    const memory depthwise_ready = ready_kernel(depthwise_kernel, first.weights_desc());
    const memory pointwise_ready = ready_kernel(pointwise_kernel, second.weights_desc());
    steps_.push_back(
        {Forward(first), {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, depthwise_ready}, {DNNL_ARG_DST, middle}}});
    steps_.push_back({Forward(second),
                      {{DNNL_ARG_SRC, middle},
                       {DNNL_ARG_WEIGHTS, pointwise_ready},
                       {DNNL_ARG_BIAS, bias},
                       {DNNL_ARG_DST, y}}});
    results_.push_back({y, plain_y, output_shape()});
    if (work_ != Work::training_step) return;

    const Formats second_formats{second.src_desc(), described(pointwise, any), plain_bias, second.dst_desc()};
    const Formats first_formats{first.src_desc(), described(depthwise, any), {}, first.dst_desc()};
    const memory dy = converted(wrap(data_.output_gradient, plain_y), second.dst_desc());

    const auto to_pointwise = backward_weights(second_formats, pixel, second);
    const memory dpointwise(to_pointwise.diff_weights_desc(), engine()), dbias(plain_bias, engine());
    steps_.push_back({BackwardWeights(to_pointwise),
                      {{DNNL_ARG_SRC, middle},
                       {DNNL_ARG_DIFF_DST, dy},
                       {DNNL_ARG_DIFF_WEIGHTS, dpointwise},
                       {DNNL_ARG_DIFF_BIAS, dbias}}});
    const auto to_middle = backward_data(second_formats, pixel, second);
    const memory dmiddle(to_middle.diff_src_desc(), engine());
    const memory pointwise_back = converting(pointwise_kernel, to_middle.weights_desc());
    steps_.push_back(
        {BackwardData(to_middle),
         {{DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_WEIGHTS, pointwise_back}, {DNNL_ARG_DIFF_SRC, dmiddle}}});
    const auto to_depthwise = backward_weights(first_formats, window, first);
    const memory ddepthwise(to_depthwise.diff_weights_desc(), engine());
    steps_.push_back(
        {BackwardWeights(to_depthwise),
         {{DNNL_ARG_SRC, x}, {DNNL_ARG_DIFF_DST, dmiddle}, {DNNL_ARG_DIFF_WEIGHTS, ddepthwise}}});
    const auto to_x = backward_data(first_formats, window, first);
    const memory dx(to_x.diff_src_desc(), engine());
    const memory depthwise_back = converting(depthwise_kernel, to_x.weights_desc());
    steps_.push_back(
        {BackwardData(to_x),
         {{DNNL_ARG_DIFF_DST, dmiddle}, {DNNL_ARG_WEIGHTS, depthwise_back}, {DNNL_ARG_DIFF_SRC, dx}}});
    results_.push_back({dx, plain_x, data_.x.shape()});
    results_.push_back({converting(ddepthwise, plain_depthwise), plain_depthwise, data_.depthwise.shape()});
    results_.push_back({converting(dpointwise, plain_pointwise), plain_pointwise, data_.pointwise.shape()});
    results_.push_back({dbias, plain_bias, data_.bias.shape()});
  }

  Shape output_shape() const {
    if (p_.data_format == "channels_first") return {p_.batch, p_.filters, p_.out_height(), p_.out_width()};
    return {p_.batch, p_.out_height(), p_.out_width(), p_.filters};
  }

  LayerProblem p_;
  Work work_;
  bool own_formats_;
  LayerData data_;
  dnnl::prop_kind kind_;
  dnnl::stream stream_{engine()};
  std::vector<Step> steps_;
  std::vector<Result> results_;
};

}  // namespace
}  // namespace sepal::bench

int main(int argc, char** argv) {
  using namespace sepal::bench;
  const bool own_formats = argc > 1 && std::string(argv[1]) == "own";
  const dnnl_version_t* version = dnnl_version();
  const std::string name = "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) +
                           "." + std::to_string(version->patch);
  answer_requests(name, [=](const sepal::Json& request) {
    const Work work = work_from_kind(request.at("kind").get<std::string>());
    const auto network = std::make_shared<Network>(LayerProblem::from_json(request), work, own_formats);
    return Entry{[=] { network->run(); }, [=] { return network->results(); }};
  });
  return 0;
}
