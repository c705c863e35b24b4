// Operations that layers and losses are made of: BatchNorm, LayerNorm, RMSNorm, Moments,
// DotProductAttention, cross-entropies.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/operations/operand_operation.h"
#include "sepal/ops/array.h"
#include "sepal/ops/attention.h"
#include "sepal/ops/crossentropy.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/functions.h"
#include "sepal/ops/half.h"
#include "sepal/ops/layer_normalization.h"
#include "sepal/ops/reduce.h"

namespace sepal {
namespace {

using keras_modules::kNn;

struct BatchNormOptions {
  std::int64_t axis = -1;
  double epsilon = 1e-3;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
    v("epsilon", o.epsilon);
  }
};

struct LayerNormOptions {
  IntTuple axis = -1;
  std::optional<double> epsilon = {};
  bool rms_scaling = false;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
    v("epsilon", o.epsilon);
    v("rms_scaling", o.rms_scaling);
  }
};

struct RMSNormOptions {
  IntTuple axis = -1;
  std::optional<double> epsilon = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
    v("epsilon", o.epsilon);
  }
};

struct MomentsOptions {
  std::optional<IntTuple> axes = {};
  bool keepdims = false;
  bool synchronized = false;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axes", o.axes);
    v("keepdims", o.keepdims);
    v("synchronized", o.synchronized);
  }
};

struct AttentionOperationOptions {
  bool is_causal = false;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("is_causal", o.is_causal);
  }
};

struct CrossentropyOptions {
  bool from_logits = false;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("from_logits", o.from_logits);
  }
};

struct AxisCrossentropyOptions {
  bool from_logits = false;
  std::int64_t axis = -1;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("from_logits", o.from_logits);
    v("axis", o.axis);
  }
};

template <class Options>
Shape shape_of_first(const Options&, const Shapes& operands) {
  return operands.at(0);
}

// As tf.nn.batch_normalization: one factor and one summand for each channel.
Tensor batch_norm(const BatchNormOptions& o, const Tensors& operands) {
  const Tensor& x = operands[0];
  const int axis = normalize_axis(o.axis, x.rank());
  Shape channels(std::vector<std::int64_t>(static_cast<std::size_t>(x.rank()), 1));
  channels[axis] = x.shape()[axis];
  const auto along_axis = [&](const Tensor& values) { return ops::reshape(values, channels); };
  Tensor factor = ops::rsqrt(ops::add(along_axis(operands[2]), o.epsilon));
  if (operands[4].defined()) factor = ops::multiply(factor, along_axis(operands[4]));
  Tensor shift = ops::negative(ops::multiply(along_axis(operands[1]), factor));
  if (operands[3].defined()) shift = ops::add(shift, along_axis(operands[3]));
  return ops::add(ops::multiply(x, factor), shift);
}

Tensor layer_norm(const LayerNormOptions& o, const Tensors& operands) {
  return ops::layer_normalization(operands[0], operands[1], o.rms_scaling ? Tensor() : operands[2],
                                  o.axis.values(), o.epsilon.value_or(epsilon()), o.rms_scaling);
}

Tensor rms_norm(const RMSNormOptions& o, const Tensors& operands) {
  const Tensor x = ops::widened(operands[0]);
  const Tensor mean = ops::mean(ops::square(x), o.axis.values(), true);
  Tensor y = ops::multiply(x, ops::rsqrt(ops::add(mean, o.epsilon.value_or(epsilon()))));
  if (operands[1].defined()) {
    Shape shape(std::vector<std::int64_t>(static_cast<std::size_t>(x.rank()), 1));
    for (const std::int64_t given : o.axis.values()) {
      const int axis = normalize_axis(given, x.rank());
      shape[axis] = x.shape()[axis];
    }
    y = ops::multiply(y, ops::reshape(ops::widened(operands[1]), shape));
  }
  return ops::cast(y, operands[0].dtype());
}

// Mean and variance.
class MomentsOperation : public OperationLayer {
 public:
  MomentsOperation(MomentsOptions options, const std::string& name)
      : OperationLayer(kNn, "Moments", name), options_(std::move(options)) {}

 protected:
  void read_arguments(const Json& args) override { expect_tensors_only(args); }
  Tensors compute(const Tensors& inputs) const override {
    const Tensor x = ops::cast(inputs.at(0), float_dtype(options_, inputs[0].dtype()));
    const ops::Axes axes = options_.axes ? ops::Axes(options_.axes->values()) : std::nullopt;
    return {ops::mean(x, axes, options_.keepdims), ops::variance(x, axes, options_.keepdims)};
  }
  Shapes compute_shapes(const Shapes& input_shapes) const override {
    const Shape& from = input_shapes.at(0);
    std::vector<bool> named(static_cast<std::size_t>(from.rank()), !options_.axes);
    for (std::size_t i = 0; options_.axes && i < options_.axes->size(); ++i)
      named[static_cast<std::size_t>(normalize_axis((*options_.axes)[i], from.rank()))] = true;
    Shape result;
    for (int i = 0; i < from.rank(); ++i) {
      const bool goes = named[static_cast<std::size_t>(i)];
      if (!goes || options_.keepdims) result.push_back(goes ? 1 : from[i]);
    }
    return {result, result};
  }
  DType compute_dtype(const std::vector<DType>& input_dtypes) const override {
    return float_dtype(options_, input_dtypes.at(0));
  }
  void put_config(Json& config) const override { write_options(config, options_); }

 private:
  MomentsOptions options_;
};

Tensor attended(const AttentionOperationOptions& o, const Tensors& operands) {
  ops::AttentionOptions options{.scale = {}, .causal = o.is_causal};
  if (operands[5].defined()) options.scale = operands[5].astype(DType::float64).item();
  const Tensor mask = operands[4].defined() ? ops::cast(operands[4], DType::boolean) : Tensor();
  return ops::dot_product_attention(operands[0], operands[1], operands[2], operands[3], mask, options);
}

Shape attended_shape(const AttentionOperationOptions&, const Shapes& operands) {
  Shape shape = operands.at(0);
  if (shape.rank() != 4 || operands.at(2).rank() != 4) {
    throw ValueError(
        fmt::format("`dot_product_attention` only supports 4D inputs. Received: query.shape={}, "
                    "value.shape={}.",
                    shape.str(), operands.at(2).str()));
  }
  shape[3] = operands[2][3];
  return shape;
}

Shape without_last(const AxisCrossentropyOptions& o, const Shapes& operands) {
  const Shape& output = operands.at(1);
  if (output.rank() == 0 || normalize_axis(o.axis, output.rank()) != output.rank() - 1) {
    throw UnimplementedError(
        fmt::format("A cross-entropy over another axis than the last is not supported. Received: axis={}, "
                    "output.shape={}",
                    o.axis, output.str()));
  }
  return output.slice(0, output.rank() - 1);
}

using Crossentropy = Tensor (*)(const Tensor&, const Tensor&, bool);

template <Crossentropy kFunction>
Tensor crossentropy(const AxisCrossentropyOptions& o, const Tensors& operands) {
  (void)without_last(o, {operands[0].shape(), operands[1].shape()});
  return kFunction(operands[0], operands[1], o.from_logits);
}

}  // namespace

void add_neural_operations(std::map<std::string, LayerFactory>& rows) {
  add_operand_row<BatchNormOptions>(rows, {"BatchNorm",
                                           {"x", "mean", "variance", "offset", "scale"},
                                           3,
                                           &batch_norm,
                                           &shape_of_first<BatchNormOptions>,
                                           kNn,
                                           OperandList::kAll,
                                           &float_dtype<BatchNormOptions>});
  add_operand_row<LayerNormOptions>(rows, {"LayerNorm",
                                           {"x", "gamma", "beta"},
                                           1,
                                           &layer_norm,
                                           &shape_of_first<LayerNormOptions>,
                                           kNn,
                                           OperandList::kAll,
                                           &float_dtype<LayerNormOptions>});
  add_operand_row<RMSNormOptions>(rows, {"RMSNorm",
                                         {"x", "scale"},
                                         1,
                                         &rms_norm,
                                         &shape_of_first<RMSNormOptions>,
                                         kNn,
                                         OperandList::kAll,
                                         &float_dtype<RMSNormOptions>});
  rows[std::string(kNn) + ">Moments"] =
      operation_factory<MomentsOptions>([](MomentsOptions options, const std::string& name) {
        return std::make_shared<MomentsOperation>(std::move(options), name);
      });
  add_operand_row<AttentionOperationOptions>(rows,
                                             {"DotProductAttention",
                                              {"query", "key", "value", "bias", "mask", "scale"},
                                              3,
                                              &attended,
                                              &attended_shape,
                                              kNn,
                                              3,
                                              &float_dtype<AttentionOperationOptions>},
                                             {"flash_attention", "attn_logits_soft_cap"});
  const std::vector<const char*> both{"target", "output"};
  add_operand_row<CrossentropyOptions>(rows, {"BinaryCrossentropy", both, 2,
                                              [](const CrossentropyOptions& o, const Tensors& x) {
                                                return ops::binary_crossentropy(x[0], x[1], o.from_logits);
                                              },
                                              &shape_of_first<CrossentropyOptions>, kNn, OperandList::kAll,
                                              &float_dtype<CrossentropyOptions>});
  const auto dtype = &float_dtype<AxisCrossentropyOptions>;
  add_operand_row<AxisCrossentropyOptions>(
      rows, {"CategoricalCrossentropy", both, 2, &crossentropy<ops::categorical_crossentropy>, &without_last,
             kNn, OperandList::kAll, dtype});
  add_operand_row<AxisCrossentropyOptions>(
      rows, {"SparseCategoricalCrossentropy", both, 2, &crossentropy<ops::sparse_categorical_crossentropy>,
             &without_last, kNn, OperandList::kAll, dtype});
}

}  // namespace sepal
