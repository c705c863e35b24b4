#include "sepal/layers/operations/elementwise_operation.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numbers>

#include "sepal/base/error.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/array.h"
#include "sepal/ops/comparison.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/functions.h"
#include "sepal/ops/logical.h"
#include "sepal/ops/power.h"

namespace sepal {
namespace {

using Result = ElementwiseKind::Result;

using keras_modules::kCore;
using keras_modules::kMath;
using keras_modules::kNn;
using keras_modules::kNumpy;

using Unary = Tensor (*)(const Tensor&);
using Binary = Tensor (*)(const Tensor&, const Tensor&);

template <Unary kFunction>
Tensor unary(const Tensors& operands) {
  return kFunction(operands[0]);
}

template <Binary kFunction>
Tensor binary(const Tensors& operands) {
  return kFunction(operands[0], operands[1]);
}

// Greater than NaN is nothing, so that NaN alone differs from itself.
Tensor is_nan(const Tensors& x) { return ops::not_equal(x[0], x[0]); }

Tensor number(double value, const Tensor& like) { return Tensor::scalar(value, like.dtype()); }

// What is not finite leaves a rest of NaN, or is NaN itself. Comparisons get whole numbers, too.
Tensor is_finite(const Tensors& x) {
  const Tensor values = is_floating(x[0].dtype()) ? x[0] : ops::cast(x[0], DType::float64);
  return ops::equal(ops::subtract(values, values), number(0.0, values));
}

template <int kSign>
Tensor is_infinity(const Tensors& x) {
  const Tensor values = is_floating(x[0].dtype()) ? x[0] : ops::cast(x[0], DType::float64);
  return ops::equal(values, number(kSign * std::numeric_limits<double>::infinity(), values));
}

// -0.0 has one, too.
Tensor sign_bit(const Tensors& x) {
  const Tensor values = ops::cast(x[0], DType::float64);
  Tensor bits(values.shape(), DType::boolean);
  bool* bit = bits.mutable_data<bool>();
  for (std::int64_t i = 0; i < values.num_elements(); ++i) bit[i] = std::signbit(values.data<double>()[i]);
  return bits;
}

constexpr double kRadians = std::numbers::pi / 180.0;

Tensor deg2rad(const Tensors& x) { return ops::multiply(x[0], kRadians); }
Tensor rad2deg(const Tensors& x) { return ops::multiply(x[0], 1.0 / kRadians); }

Tensor exp2(const Tensors& x) { return ops::exp(ops::multiply(x[0], std::numbers::ln2)); }

// A division by 0 gives 0, and its derivatives are 0.
Tensor divide_no_nan(const Tensors& x) {
  const Tensor by_zero = ops::equal(x[1], number(0.0, x[1]));
  const Tensor divisor = ops::select(by_zero, number(1.0, x[1]), x[1]);
  return ops::select(by_zero, number(0.0, x[1]), ops::divide(x[0], divisor));
}

// Of a number and NaN the number.
template <Binary kChoose>
Tensor beside_nan(const Tensors& x) {
  const Tensor chosen = ops::select(is_nan({x[1]}), x[0], kChoose(x[0], x[1]));
  return ops::select(is_nan({x[0]}), x[1], chosen);
}

Tensor heaviside(const Tensors& x) {
  const Tensor zero = number(0.0, x[0]);
  const Tensor step = ops::select(ops::greater(x[0], zero), number(1.0, x[0]), zero);
  return ops::select(ops::equal(x[0], zero), x[1], step);
}

// By the larger of both sides, so that their squares do not overflow.
Tensor hypot(const Tensors& x) {
  const Tensor a = ops::abs(x[0]);
  const Tensor b = ops::abs(x[1]);
  const Tensor longer = ops::maximum(a, b);
  const Tensor ratio = divide_no_nan({ops::minimum(a, b), longer});
  return ops::multiply(longer, ops::sqrt(ops::add(ops::square(ratio), 1.0)));
}

Tensor sinc(const Tensors& x) {
  const Tensor angle = ops::multiply(x[0], std::numbers::pi);
  const Tensor is_zero = ops::equal(angle, number(0.0, angle));
  const Tensor divisor = ops::select(is_zero, number(1.0, angle), angle);
  return ops::select(is_zero, number(1.0, angle), ops::divide(ops::sin(angle), divisor));
}

Tensor logaddexp2(const Tensors& x) {
  const Tensor distance = ops::abs(ops::subtract(x[0], x[1]));
  const Tensor rest = ops::log1p(exp2({ops::negative(distance)}));
  return ops::add(ops::maximum(x[0], x[1]), ops::multiply(rest, std::numbers::log2e));
}

Tensor logaddexp(const Tensors& x) {
  const Tensor distance = ops::abs(ops::subtract(x[0], x[1]));
  return ops::add(ops::maximum(x[0], x[1]), ops::log1p(ops::exp(ops::negative(distance))));
}

}  // namespace

const std::vector<ElementwiseKind>& elementwise_kinds() {
  static const std::vector<ElementwiseKind> kinds = {
      {kNumpy, "Absolute", 1, &unary<ops::abs>},
      {kNumpy, "Abs", 1, &unary<ops::abs>},
      {kNumpy, "Add", 2, &binary<ops::add>},
      {kNumpy, "Arccos", 1, &unary<ops::arccos>, Result::floating},
      {kNumpy, "Arccosh", 1, &unary<ops::arccosh>, Result::floating},
      {kNumpy, "Arcsin", 1, &unary<ops::arcsin>, Result::floating},
      {kNumpy, "Arcsinh", 1, &unary<ops::arcsinh>, Result::floating},
      {kNumpy, "Arctan", 1, &unary<ops::arctan>, Result::floating},
      {kNumpy, "Arctan2", 2, &binary<ops::arctan2>, Result::floating},
      {kNumpy, "Arctanh", 1, &unary<ops::arctanh>, Result::floating},
      {kNumpy, "Cbrt", 1, &unary<ops::cbrt>, Result::floating},
      {kNumpy, "Ceil", 1, &unary<ops::ceil>, Result::floating},
      {kNumpy, "Copy", 1, &unary<ops::identity>},
      {kNumpy, "Cos", 1, &unary<ops::cos>, Result::floating},
      {kNumpy, "Cosh", 1, &unary<ops::cosh>, Result::floating},
      {kNumpy, "Deg2rad", 1, &deg2rad, Result::floating},
      {kNumpy, "Divide", 2, &binary<ops::divide>, Result::floating},
      {kNumpy, "DivideNoNan", 2, &divide_no_nan, Result::floating},
      {kNumpy, "Equal", 2, &binary<ops::equal>, Result::boolean},
      {kNumpy, "Exp", 1, &unary<ops::exp>, Result::floating},
      {kNumpy, "Exp2", 1, &exp2, Result::floating},
      {kNumpy, "Expm1", 1, &unary<ops::expm1>, Result::floating},
      {kNumpy, "Fabs", 1, &unary<ops::abs>, Result::floating},
      {kNumpy, "Floor", 1, &unary<ops::floor>, Result::floating},
      {kNumpy, "FloorDivide", 2, &binary<ops::floor_divide>},
      {kNumpy, "Fmax", 2, &beside_nan<ops::maximum>},
      {kNumpy, "Fmin", 2, &beside_nan<ops::minimum>},
      {kNumpy, "Fmod", 2, &binary<ops::fmod>},
      {kNumpy, "Greater", 2, &binary<ops::greater>, Result::boolean},
      {kNumpy, "GreaterEqual", 2, &binary<ops::greater_equal>, Result::boolean},
      {kNumpy, "Heaviside", 2, &heaviside, Result::floating},
      {kNumpy, "Hypot", 2, &hypot, Result::floating},
      {kNumpy, "Isfinite", 1, &is_finite, Result::boolean},
      {kNumpy, "Isinf", 1,
       [](const Tensors& x) { return ops::logical_or(is_infinity<1>(x), is_infinity<-1>(x)); },
       Result::boolean},
      {kNumpy, "Isnan", 1, &is_nan, Result::boolean},
      {kNumpy, "Isneginf", 1, &is_infinity<-1>, Result::boolean},
      {kNumpy, "Isposinf", 1, &is_infinity<1>, Result::boolean},
      {kNumpy, "Less", 2, &binary<ops::less>, Result::boolean},
      {kNumpy, "LessEqual", 2, &binary<ops::less_equal>, Result::boolean},
      {kNumpy, "Log", 1, &unary<ops::log>, Result::floating},
      {kNumpy, "Log10", 1, &unary<ops::log10>, Result::floating},
      {kNumpy, "Log1p", 1, &unary<ops::log1p>, Result::floating},
      {kNumpy, "Log2", 1, &unary<ops::log2>, Result::floating},
      {kNumpy, "Logaddexp", 2, &logaddexp, Result::floating},
      {kNumpy, "Logaddexp2", 2, &logaddexp2, Result::floating},
      {kNumpy, "LogicalAnd", 2, &binary<ops::logical_and>, Result::boolean, 2},
      {kNumpy, "LogicalNot", 1, &unary<ops::logical_not>, Result::boolean, 1},
      {kNumpy, "LogicalOr", 2, &binary<ops::logical_or>, Result::boolean, 2},
      {kNumpy, "LogicalXor", 2, &binary<ops::logical_xor>, Result::boolean, 2},
      {kNumpy, "Maximum", 2, &binary<ops::maximum>},
      {kNumpy, "Minimum", 2, &binary<ops::minimum>},
      {kNumpy, "Mod", 2, &binary<ops::mod>},
      {kNumpy, "Multiply", 2, &binary<ops::multiply>},
      {kNumpy, "Negative", 1, &unary<ops::negative>},
      {kNumpy, "NotEqual", 2, &binary<ops::not_equal>, Result::boolean},
      {kNumpy, "Power", 2, &binary<ops::power>},
      {kNumpy, "Rad2deg", 1, &rad2deg, Result::floating},
      {kNumpy, "Reciprocal", 1, &unary<ops::reciprocal>, Result::floating},
      {kNumpy, "Sign", 1, &unary<ops::sign>},
      {kNumpy, "Signbit", 1, &sign_bit, Result::boolean},
      {kNumpy, "Sin", 1, &unary<ops::sin>, Result::floating},
      {kNumpy, "Sinc", 1, &sinc, Result::floating},
      {kNumpy, "Sinh", 1, &unary<ops::sinh>, Result::floating},
      {kNumpy, "Sqrt", 1, &unary<ops::sqrt>, Result::floating},
      {kNumpy, "Square", 1, &unary<ops::square>},
      {kNumpy, "Subtract", 2, &binary<ops::subtract>},
      {kNumpy, "Tan", 1, &unary<ops::tan>, Result::floating},
      {kNumpy, "Tanh", 1, &unary<ops::tanh>, Result::floating},
      {kNumpy, "TrueDivide", 2, &binary<ops::divide>, Result::floating},
      {kNumpy, "Trunc", 1, &unary<ops::trunc>},
      {kNumpy, "Where", 3, [](const Tensors& x) { return ops::select(x[0], x[1], x[2]); }, Result::common, 1},
      {kCore, "StopGradient", 1, &unary<ops::stop_gradient>},
      {kMath, "Erf", 1, &unary<ops::erf>, Result::floating},
      {kMath, "Erfc", 1, &unary<ops::erfc>, Result::floating},
      {kMath, "Erfinv", 1, &unary<ops::erfinv>, Result::floating},
      {kMath, "Rsqrt", 1, &unary<ops::rsqrt>, Result::floating},
      {kNn, "HardSigmoid", 1, &unary<ops::hard_sigmoid>, Result::floating},
      {kNn, "HardSilu", 1, &unary<ops::hard_silu>, Result::floating},
      {kNn, "HardTanh", 1, &unary<ops::hard_tanh>, Result::floating},
      {kNn, "LogSigmoid", 1, &unary<ops::log_sigmoid>, Result::floating},
      {kNn, "Relu", 1, [](const Tensors& x) { return ops::relu(x[0]); }},
      {kNn, "Relu6", 1, &unary<ops::relu6>},
      {kNn, "Selu", 1, &unary<ops::selu>, Result::floating},
      {kNn, "Sigmoid", 1, &unary<ops::sigmoid>, Result::floating},
      {kNn, "Silu", 1, &unary<ops::silu>, Result::floating},
      {kNn, "Softplus", 1, &unary<ops::softplus>, Result::floating},
      {kNn, "Softsign", 1, &unary<ops::softsign>, Result::floating},
      {kNn, "SparsePlus", 1, &unary<ops::sparse_plus>, Result::floating},
      {kNn, "SparseSigmoid", 1, &unary<ops::sparse_sigmoid>, Result::floating},
      {kNn, "TanhShrink", 1, &unary<ops::tanh_shrink>, Result::floating},
  };
  return kinds;
}

const ElementwiseKind& elementwise_kind(std::string_view class_name) {
  for (const ElementwiseKind& kind : elementwise_kinds()) {
    if (kind.class_name == class_name) return kind;
  }
  throw ValueError(fmt::format("There is no elementwise operation '{}'.", class_name));
}

ElementwiseOperation::ElementwiseOperation(const ElementwiseKind& kind, const std::string& name)
    : OperationLayer(kind.module, kind.class_name, name), kind_(kind) {}

void ElementwiseOperation::read_arguments(const Json& args) {
  if (args.size() != kind_.operands) {
    throw TypeError(fmt::format("{}: operation {} takes {} argument(s). Received: {}", owner(), class_name(),
                                kind_.operands, args.size()));
  }
  operands_ = OperandList(args, owner());
}

Tensors ElementwiseOperation::compute(const Tensors& inputs) const {
  std::vector<DType> dtypes;
  for (const Tensor& input : inputs) dtypes.push_back(input.dtype());
  const DType wanted = compute_dtype(dtypes);
  DType dtype = kind_.result == Result::boolean ? operands_.common_dtype(dtypes, kind_.conditions) : wanted;
  // Ops compute with floats; those of 64 bits hold whole numbers up to 2^53 exactly.
  if (kind_.result == Result::common && !is_floating(dtype)) dtype = DType::float64;
  return {ops::cast(kind_.compute(operands_.joined(inputs, dtype, kind_.conditions)), wanted)};
}

Shapes ElementwiseOperation::compute_shapes(const Shapes& input_shapes) const {
  Shape shape;
  for (const Shape& operand : operands_.joined_shapes(input_shapes)) shape = broadcast_shapes(shape, operand);
  return {shape};
}

DType ElementwiseOperation::compute_dtype(const std::vector<DType>& input_dtypes) const {
  if (kind_.result == Result::boolean) return DType::boolean;
  const DType dtype = operands_.common_dtype(input_dtypes, kind_.conditions);
  return kind_.result == Result::floating && !is_floating(dtype) ? floatx() : dtype;
}

}  // namespace sepal
