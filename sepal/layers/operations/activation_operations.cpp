// Operations on each element that have arguments: activation functions of keras.src.ops.nn, Clip, Round,
// Cast, OneHot, ….
#include <cmath>
#include <nlohmann/json.hpp>

#include "sepal/layers/operations/array_operation.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/functions.h"
#include "sepal/ops/reduce.h"

namespace sepal {
namespace {

using keras_modules::kNn;

struct ClipOptions {
  double x_min = 0.0;
  double x_max = 0.0;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("x_min", o.x_min);
    v("x_max", o.x_max);
  }
};

struct RoundOptions {
  std::int64_t decimals = 0;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("decimals", o.decimals);
  }
};

struct CastOptions {
  std::string dtype = "float32";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("dtype", o.dtype);
  }
};

struct AlphaOptions {
  double alpha = 1.0;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("alpha", o.alpha);
  }
};

struct SlopeOptions {
  double negative_slope = 0.2;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("negative_slope", o.negative_slope);
  }
};

struct ReluOptions {
  double negative_slope = 0.0;
  std::optional<double> max_value = {};
  double threshold = 0.0;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("negative_slope", o.negative_slope);
    v("max_value", o.max_value);
    v("threshold", o.threshold);
  }
};

struct GeluOptions {
  bool approximate = true;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("approximate", o.approximate);
  }
};

struct ShrinkOptions {
  double threshold = 0.5;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("threshold", o.threshold);
  }
};

struct ThresholdOptions {
  double threshold = 0.0;
  double default_value = 0.0;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("threshold", o.threshold);
    v("default_value", o.default_value);
  }
};

struct SquareplusOptions {
  double b = 4.0;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("b", o.b);
  }
};

struct OneHotOptions {
  std::int64_t num_classes = 0;
  std::int64_t axis = -1;
  DTypeName dtype = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("num_classes", o.num_classes);
    v("axis", o.axis);
    v("dtype", o.dtype);
  }
};

// With a function of floats; whole numbers become floats first.
template <class Options>
void add_function(std::map<std::string, LayerFactory>& rows, const char* class_name,
                  Tensor (*function)(const Options&, const Tensors&), const char* module = kNn) {
  rows[std::string(module) + ">" + class_name] =
      operation_factory<Options>([=](Options options, const std::string& name) {
        const ArrayOperationKind<Options> kind{class_name, function, &same_shape<Options>,
                                               false,      module,   &float_dtype<Options>};
        return std::make_shared<ArrayOperation<Options>>(kind, std::move(options), name);
      });
}

Tensor as_float(const Tensors& inputs) {
  const Tensor& x = inputs.at(0);
  return is_floating(x.dtype()) ? x : ops::cast(x, floatx());
}

Tensor clipped(const ClipOptions& o, const Tensors& inputs) {
  const Tensor& x = inputs.at(0);
  if (is_floating(x.dtype())) return ops::clip(x, o.x_min, o.x_max);
  return ops::cast(ops::clip(ops::cast(x, DType::float64), o.x_min, o.x_max), x.dtype());
}

Tensor rounded(const RoundOptions& o, const Tensors& inputs) {
  const double scale = std::pow(10.0, static_cast<double>(o.decimals));
  return ops::multiply(ops::round(ops::multiply(as_float(inputs), scale)), 1.0 / scale);
}

Shape glu_shape(const AxisOptions& o, const Shapes& input_shapes) {
  Shape shape = input_shapes.at(0);
  const int axis = normalize_axis(o.axis, shape.rank());
  if (shape[axis] != kNone) shape[axis] /= 2;
  return shape;
}

DType one_hot_dtype(const OneHotOptions& o, DType) { return o.dtype.or_else(floatx()); }

Shape one_hot_shape(const OneHotOptions& o, const Shapes& input_shapes) {
  const Shape& from = input_shapes.at(0);
  const int place = normalize_axis(o.axis, from.rank() + 1);
  Shape result = from.slice(0, place);
  result.push_back(o.num_classes);
  for (const std::int64_t dim : from.slice(place)) result.push_back(dim);
  return result;
}

// Numbers outside of the classes give zeros, as in TensorFlow.
Tensor one_hot(const OneHotOptions& o, const Tensors& inputs) {
  const Tensor indices = inputs.at(0).astype(DType::int64);
  Shape rows = indices.shape();
  rows.push_back(o.num_classes);
  Tensor result = Tensor::zeros(rows, DType::float64);
  double* row = result.mutable_data<double>();
  for (std::int64_t i = 0; i < indices.num_elements(); ++i, row += o.num_classes) {
    const std::int64_t index = indices.data<std::int64_t>()[i];
    if (index >= 0 && index < o.num_classes) row[index] = 1.0;
  }
  std::vector<int> order;
  const int place = normalize_axis(o.axis, indices.rank() + 1);
  for (int axis = 0; axis < indices.rank(); ++axis) order.push_back(axis);
  order.insert(order.begin() + place, indices.rank());
  return ops::transpose(result, order).astype(one_hot_dtype(o, indices.dtype()));
}

// The classes of a row together. As in Keras the second axis is left out, or the only one.
Shape multi_hot_shape(const OneHotOptions& o, const Shapes& input_shapes) {
  const Shape rows = one_hot_shape(o, input_shapes);
  const int left_out = input_shapes[0].rank() > 1 ? 1 : 0;
  Shape result = rows.slice(0, left_out);
  for (const std::int64_t dim : rows.slice(left_out + 1)) result.push_back(dim);
  return result;
}

Tensor multi_hot(const OneHotOptions& o, const Tensors& inputs) {
  const Tensor rows = one_hot(o, inputs).astype(DType::float64);
  const std::int64_t left_out = inputs[0].rank() > 1 ? 1 : 0;
  return ops::max(rows, std::vector<std::int64_t>{left_out}).astype(one_hot_dtype(o, inputs[0].dtype()));
}

}  // namespace

void add_activation_operations(std::map<std::string, LayerFactory>& rows) {
  add_function<SlopeOptions>(rows, "LeakyRelu", [](const SlopeOptions& o, const Tensors& x) {
    return ops::leaky_relu(as_float(x), o.negative_slope);
  });
  add_function<AlphaOptions>(
      rows, "Elu", [](const AlphaOptions& o, const Tensors& x) { return ops::elu(as_float(x), o.alpha); });
  add_function<AlphaOptions>(
      rows, "Celu", [](const AlphaOptions& o, const Tensors& x) { return ops::celu(as_float(x), o.alpha); });
  add_function<GeluOptions>(rows, "Gelu", [](const GeluOptions& o, const Tensors& x) {
    return ops::gelu(as_float(x), o.approximate);
  });
  add_function<ShrinkOptions>(rows, "SoftShrink", [](const ShrinkOptions& o, const Tensors& x) {
    return ops::soft_shrink(as_float(x), o.threshold);
  });
  add_function<ShrinkOptions>(rows, "HardShrink", [](const ShrinkOptions& o, const Tensors& x) {
    return ops::hard_shrink(as_float(x), o.threshold);
  });
  add_function<ThresholdOptions>(rows, "Threshold", [](const ThresholdOptions& o, const Tensors& x) {
    return ops::threshold(as_float(x), o.threshold, o.default_value);
  });
  add_function<SquareplusOptions>(rows, "Squareplus", [](const SquareplusOptions& o, const Tensors& x) {
    return ops::squareplus(as_float(x), o.b);
  });
  add_function<AxesOptions>(rows, "Softmax", [](const AxesOptions& o, const Tensors& x) {
    return ops::softmax(as_float(x), o.axis.values());
  });
  add_function<AxisOptions>(rows, "LogSoftmax", [](const AxisOptions& o, const Tensors& x) {
    return ops::log_softmax(as_float(x), o.axis);
  });
  add_function<AxisOptions>(rows, "Sparsemax", [](const AxisOptions& o, const Tensors& x) {
    return ops::sparsemax(as_float(x), o.axis);
  });
  // What keras.activations.relu with arguments leaves in a graph.
  add_function<ReluOptions>(
      rows, "ReLU",
      [](const ReluOptions& o, const Tensors& x) {
        return ops::relu(as_float(x), o.negative_slope, o.max_value.value_or(-1.0), o.threshold);
      },
      "keras.src.activations.activations");
  add_function<RoundOptions>(rows, "Round", &rounded, keras_modules::kNumpy);
  add_row<AxisOptions>(
      rows, {"Glu", [](const AxisOptions& o, const Tensors& x) { return ops::glu(as_float(x), o.axis); },
             &glu_shape, false, kNn, &float_dtype<AxisOptions>});
  add_row<ClipOptions>(rows, {"Clip", &clipped, &same_shape<ClipOptions>});
  add_row<CastOptions>(rows, {"Cast",
                              [](const CastOptions& o, const Tensors& x) {
                                return ops::cast(x.at(0), dtype_from_name(o.dtype));
                              },
                              &same_shape<CastOptions>, false, keras_modules::kCore,
                              [](const CastOptions& o, DType) { return dtype_from_name(o.dtype); }});
  add_row<OneHotOptions>(rows, {"OneHot", &one_hot, &one_hot_shape, false, kNn, &one_hot_dtype}, {"sparse"});
  add_row<OneHotOptions>(rows, {"MultiHot", &multi_hot, &multi_hot_shape, false, kNn, &one_hot_dtype},
                         {"sparse"});
}

}  // namespace sepal
