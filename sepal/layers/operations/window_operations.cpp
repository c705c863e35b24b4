// Operations on windows of images: MaxPool, AveragePool, their adaptive kinds, Conv, DepthwiseConv,
// SeparableConv, and Resize.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/convolutional/conv_arguments.h"
#include "sepal/layers/image_data_format.h"
#include "sepal/layers/operations/argument_tensor.h"
#include "sepal/layers/operations/array_operation.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/image.h"
#include "sepal/ops/pooling.h"

namespace sepal {
namespace {

struct PoolOperationOptions {
  IntTuple pool_size = 2;
  std::optional<IntTuple> strides = {};  // None: pool_size
  std::string padding = "valid";
  std::string data_format = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("pool_size", o.pool_size);
    v("strides", o.strides);
    v("padding", o.padding);
    v("data_format", o.data_format);
  }
};

// The number of spatial axes of a batch of images.
std::size_t spatial_axes(const Shape& images) {
  if (images.rank() >= 3 && images.rank() <= 5) return static_cast<std::size_t>(images.rank()) - 2;
  throw ValueError(fmt::format("Expected images of 3 to 5 axes. Received: shape={}", images.str()));
}

struct PoolArguments {
  IntTuple pool_size;
  IntTuple strides;
  std::string data_format;
};

PoolArguments pool_arguments(const PoolOperationOptions& o, const Shape& images) {
  const std::size_t axes = spatial_axes(images);
  const IntTuple pool_size = standardize_tuple(o.pool_size, axes, "pool_size");
  return {pool_size, o.strides ? standardize_tuple(*o.strides, axes, "strides") : pool_size,
          standardize_data_format(o.data_format)};
}

using PoolOp = Tensor (*)(const Tensor&, const ops::PoolOptions&);

template <PoolOp kPool>
Tensor pooled(const PoolOperationOptions& o, const Tensors& inputs) {
  const Tensor x = ops::cast(inputs.at(0), float_dtype(o, inputs[0].dtype()));
  const PoolArguments arguments = pool_arguments(o, x.shape());
  return kPool(x, {.pool_size = arguments.pool_size.values(),
                   .strides = arguments.strides.values(),
                   .padding = ops::padding_from_name(o.padding),
                   .channels_first = arguments.data_format == "channels_first"});
}

Shape pooled_shape(const PoolOperationOptions& o, const Shapes& input_shapes) {
  const Shape& images = input_shapes.at(0);
  const PoolArguments arguments = pool_arguments(o, images);
  const std::size_t axes = spatial_axes(images);
  return conv_output_shape(images, images[channel_axis(arguments.data_format, axes)], arguments.pool_size,
                           arguments.strides, o.padding, arguments.data_format,
                           standardize_tuple(1, axes, "dilation_rate"));
}

struct AdaptivePoolOperationOptions {
  IntTuple output_size = {};
  DataFormatName data_format = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("output_size", o.output_size);
    v("data_format", o.data_format);
  }
};

using AdaptivePoolOp = Tensor (*)(const Tensor&, const std::vector<std::int64_t>&, bool);

template <AdaptivePoolOp kPool>
Tensor pooled_to_size(const AdaptivePoolOperationOptions& o, const Tensors& inputs) {
  const Tensor x = ops::cast(inputs.at(0), float_dtype(o, inputs[0].dtype()));
  return kPool(x, standardize_tuple(o.output_size, spatial_axes(x.shape()), "output_size").values(),
               o.data_format.standardized() == "channels_first");
}

Shape size_pooled_to(const AdaptivePoolOperationOptions& o, const Shapes& input_shapes) {
  Shape shape = input_shapes.at(0);
  int axis = o.data_format.standardized() == "channels_first" ? 2 : 1;
  const IntTuple lengths = standardize_tuple(o.output_size, spatial_axes(shape), "output_size");
  for (const std::int64_t length : lengths.values()) shape[axis++] = length;
  return shape;
}

struct ConvOperationOptions {
  IntTuple strides = 1;
  std::string padding = "valid";
  std::string data_format = {};
  IntTuple dilation_rate = 1;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("strides", o.strides);
    v("padding", o.padding);
    v("data_format", o.data_format);
    v("dilation_rate", o.dilation_rate);
  }
};

// Images and one kernel or two, any of which may be constants of the call.
class ConvOperation : public OperationLayer {
 public:
  enum class Kind { full, depthwise, separable };

  ConvOperation(Kind kind, ConvOperationOptions options, const std::string& name)
      : OperationLayer(keras_modules::kNn, class_name_of(kind), name),
        kind_(kind),
        options_(std::move(options)) {}

 protected:
  void read_arguments(const Json& args) override {
    const std::size_t count = kind_ == Kind::separable ? 3 : 2;
    if (args.size() != count) {
      throw TypeError(fmt::format("{}: expected {} argument(s). Received: {}", owner(), count, args.size()));
    }
    operands_ = OperandList(args, owner());
  }

  Tensors compute(const Tensors& inputs) const override {
    std::vector<DType> dtypes;
    for (const Tensor& input : inputs) dtypes.push_back(input.dtype());
    const Tensors operands = operands_.joined(inputs, compute_dtype(dtypes));
    const Arguments arguments = arguments_for(operands[0].shape());
    const ops::ConvOptions options =
        conv_options(arguments.strides, options_.padding, arguments.data_format, arguments.dilation_rate);
    if (kind_ == Kind::full) return {ops::conv(operands[0], operands[1], Tensor(), options)};
    if (kind_ == Kind::depthwise) return {ops::depthwise_conv(operands[0], operands[1], Tensor(), options)};
    return {ops::separable_conv(operands[0], operands[1], operands[2], Tensor(), options)};
  }

  Shapes compute_shapes(const Shapes& input_shapes) const override {
    const Shapes shapes = operands_.joined_shapes(input_shapes);
    const std::size_t axes = spatial_axes(shapes.at(0));
    for (std::size_t i = 1; i < shapes.size(); ++i) {
      if (shapes[i].rank() == shapes[0].rank()) continue;
      throw ValueError(fmt::format("{}: a kernel has as many axes as the images. Received: shape={}", owner(),
                                   shapes[i].str()));
    }
    const Arguments arguments = arguments_for(shapes[0]);
    const IntTuple kernel_size(shapes[1].slice(0, static_cast<int>(axes)).dims());
    const Shape& last = shapes.back();
    const std::int64_t filters = kind_ == Kind::depthwise ? checked_multiply(last[-2], last[-1]) : last[-1];
    return {conv_output_shape(shapes[0], filters, kernel_size, arguments.strides, options_.padding,
                              arguments.data_format, arguments.dilation_rate)};
  }

  DType compute_dtype(const std::vector<DType>& input_dtypes) const override {
    const DType dtype = operands_.common_dtype(input_dtypes);
    return is_floating(dtype) ? dtype : floatx();
  }

  void put_config(Json& config) const override { write_options(config, options_); }

 private:
  struct Arguments {
    IntTuple strides;
    IntTuple dilation_rate;
    std::string data_format;
  };

  static const char* class_name_of(Kind kind) {
    if (kind == Kind::full) return "Conv";
    return kind == Kind::depthwise ? "DepthwiseConv" : "SeparableConv";
  }

  Arguments arguments_for(const Shape& images) const {
    const std::size_t axes = spatial_axes(images);
    return {standardize_tuple(options_.strides, axes, "strides"),
            standardize_tuple(options_.dilation_rate, axes, "dilation_rate"),
            standardize_data_format(options_.data_format)};
  }

  Kind kind_;
  ConvOperationOptions options_;
  OperandList operands_;
};

struct ResizeOptions {
  IntTuple size = {};
  std::string interpolation = "bilinear";
  bool antialias = false;
  std::string fill_mode = "constant";
  double fill_value = 0.0;
  DataFormatName data_format = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("size", o.size);
    v("interpolation", o.interpolation);
    v("antialias", o.antialias);
    v("fill_mode", o.fill_mode);
    v("fill_value", o.fill_value);
    v("data_format", o.data_format);
  }
};

bool has_channels_first(const ResizeOptions& o) { return o.data_format.standardized() == "channels_first"; }

Shape resized_shape(const ResizeOptions& o, const Shapes& input_shapes) {
  const IntTuple size = standardize_tuple(o.size, 2, "size");
  Shape shape = input_shapes.at(0);
  if (shape.rank() != 3 && shape.rank() != 4) {
    throw ValueError(
        fmt::format("Invalid images rank: expected rank 3 (single image) or rank 4 (batch of images). "
                    "Received: images.shape={}",
                    shape.str()));
  }
  const int height = shape.rank() - (has_channels_first(o) ? 2 : 3);
  shape[height] = size[0];
  shape[height + 1] = size[1];
  return shape;
}

Tensor resized(const ResizeOptions& o, const Tensors& inputs) {
  const Tensor& x = inputs.at(0);
  const Shape shape = resized_shape(o, {x.shape()});
  Shape batch = x.shape();
  if (x.rank() == 3) batch = Shape{1, batch[0], batch[1], batch[2]};
  const Tensor y = ops::resize(ops::reshape(ops::cast(x, float_dtype(o, x.dtype())), batch), o.size[0],
                               o.size[o.size.size() - 1], ops::interpolation_from_name(o.interpolation),
                               has_channels_first(o), o.antialias);
  return ops::reshape(y, shape);
}

}  // namespace

void add_window_operations(std::map<std::string, LayerFactory>& rows) {
  const auto pool_dtype = &float_dtype<PoolOperationOptions>;
  add_row<PoolOperationOptions>(
      rows, {"MaxPool", &pooled<ops::max_pool>, &pooled_shape, false, keras_modules::kNn, pool_dtype});
  add_row<PoolOperationOptions>(rows, {"AveragePool", &pooled<ops::average_pool>, &pooled_shape, false,
                                       keras_modules::kNn, pool_dtype});
  const auto adaptive_dtype = &float_dtype<AdaptivePoolOperationOptions>;
  add_row<AdaptivePoolOperationOptions>(rows, {"AdaptiveMaxPool", &pooled_to_size<ops::adaptive_max_pool>,
                                               &size_pooled_to, false, keras_modules::kNn, adaptive_dtype});
  add_row<AdaptivePoolOperationOptions>(
      rows, {"AdaptiveAveragePool", &pooled_to_size<ops::adaptive_average_pool>, &size_pooled_to, false,
             keras_modules::kNn, adaptive_dtype});
  const auto add_conv = [&](const char* class_name, ConvOperation::Kind kind) {
    rows[std::string(keras_modules::kNn) + ">" + class_name] = operation_factory<ConvOperationOptions>(
        [kind](ConvOperationOptions options, const std::string& name) {
          return std::make_shared<ConvOperation>(kind, std::move(options), name);
        });
  };
  add_conv("Conv", ConvOperation::Kind::full);
  add_conv("DepthwiseConv", ConvOperation::Kind::depthwise);
  add_conv("SeparableConv", ConvOperation::Kind::separable);
  add_row<ResizeOptions>(
      rows, {"Resize", &resized, &resized_shape, false, keras_modules::kImage, &float_dtype<ResizeOptions>},
      {"crop_to_aspect_ratio", "pad_to_aspect_ratio"});
}

}  // namespace sepal
