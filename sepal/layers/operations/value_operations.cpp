// Operations that change or compare values wherever they stand, or tell how many there are: SaturateCast,
// NanToNum, Isclose, FullLike, Size, ….
#include <cmath>
#include <limits>

#include "sepal/layers/operations/operand_operation.h"
#include "sepal/ops/array.h"
#include "sepal/ops/comparison.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/logical.h"

namespace sepal {
namespace {

DType wanted_dtype(const OptionalDTypeOptions& o, DType input) { return o.dtype.or_else(input); }

struct NanToNumOptions {
  double nan = 0.0;
  std::optional<double> posinf = {};  // None: the largest number of the dtype
  std::optional<double> neginf = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("nan", o.nan);
    v("posinf", o.posinf);
    v("neginf", o.neginf);
  }
};

struct CloseOptions {
  bool equal_nan = false;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("equal_nan", o.equal_nan);
  }
};

struct NumberRange {
  double least;
  double most;
};

template <class T>
NumberRange range_of() {
  // Of 64 bits the last number that a float64 holds: the type's own would be rounded up and wrap around.
  const double most = sizeof(T) == 8 ? std::nextafter(static_cast<double>(std::numeric_limits<T>::max()), 0.0)
                                     : static_cast<double>(std::numeric_limits<T>::max());
  return {static_cast<double>(std::numeric_limits<T>::lowest()), most};
}

NumberRange range_of_integers(DType dtype) {
  switch (dtype) {
    case DType::int8:
      return range_of<std::int8_t>();
    case DType::int16:
      return range_of<std::int16_t>();
    case DType::int32:
      return range_of<std::int32_t>();
    case DType::uint8:
      return range_of<std::uint8_t>();
    case DType::uint16:
      return range_of<std::uint16_t>();
    case DType::uint32:
      return range_of<std::uint32_t>();
    case DType::uint64:
      return range_of<std::uint64_t>();
    default:
      return range_of<std::int64_t>();
  }
}

double largest_number(DType dtype) {
  switch (dtype) {
    case DType::float16:
      return 65504.0;
    case DType::bfloat16:
      return 0x1.FEp127;
    case DType::float64:
      return std::numeric_limits<double>::max();
    default:
      return static_cast<double>(std::numeric_limits<float>::max());
  }
}

Tensor nan_to_num(const NanToNumOptions& o, const Tensors& inputs) {
  const Tensor& x = inputs.at(0);
  if (!is_floating(x.dtype())) return x;
  const auto number = [&](double value) { return Tensor::scalar(value, x.dtype()); };
  const double infinity = std::numeric_limits<double>::infinity();
  const double largest = largest_number(x.dtype());
  Tensor y = ops::select(ops::not_equal(x, x), number(o.nan), x);
  y = ops::select(ops::equal(x, number(infinity)), number(o.posinf.value_or(largest)), y);
  return ops::select(ops::equal(x, number(-infinity)), number(o.neginf.value_or(-largest)), y);
}

Tensor is_close(const CloseOptions& o, const Tensors& operands) {
  const Tensor a = ops::cast(operands[0], DType::float64);
  const Tensor b = ops::cast(operands[1], DType::float64);
  const auto tolerance = [&](std::size_t i, double missing) {
    return operands[i].defined() ? operands[i].astype(DType::float64).item() : missing;
  };
  const Tensor most = ops::add(ops::multiply(ops::abs(b), tolerance(2, 1e-5)), tolerance(3, 1e-8));
  // Infinities are close to themselves alone.
  const Tensor far = ops::greater(ops::abs(ops::subtract(a, b)), most);
  const Tensor finite = ops::equal(ops::subtract(b, b), Tensor::scalar(0.0, DType::float64));
  const Tensor near = ops::logical_and(ops::logical_and(ops::logical_not(far), finite), ops::equal(a, a));
  const Tensor close = ops::logical_or(near, ops::equal(a, b));
  if (!o.equal_nan) return close;
  return ops::logical_or(close, ops::logical_and(ops::not_equal(a, a), ops::not_equal(b, b)));
}

Tensor saturated(const OptionalDTypeOptions& o, const Tensors& inputs) {
  const DType dtype = wanted_dtype(o, inputs.at(0).dtype());
  if (is_floating(dtype) || dtype == DType::boolean) return ops::cast(inputs[0], dtype);
  const Tensor wide = ops::cast(inputs[0], DType::float64);
  const NumberRange range = range_of_integers(dtype);
  return ops::cast(ops::clip(wide, range.least, range.most), dtype);
}

template <int kValue>
Tensor filled_like(const OptionalDTypeOptions& o, const Tensors& inputs) {
  const DType dtype = wanted_dtype(o, inputs.at(0).dtype());
  return kValue == 0 ? Tensor::zeros(inputs[0].shape(), dtype) : Tensor::ones(inputs[0].shape(), dtype);
}

Tensor filled_with(const OptionalDTypeOptions& o, const Tensors& operands) {
  const DType dtype = wanted_dtype(o, operands[0].dtype());
  return ops::broadcast_to(ops::cast(operands[1], dtype), operands[0].shape());
}

DType count_dtype(const NoOptions&, DType) { return DType::int32; }

Shape scalar_shape(const NoOptions&, const Shapes&) { return {}; }

}  // namespace

void add_value_operations(std::map<std::string, LayerFactory>& rows) {
  const char* numpy = keras_modules::kNumpy;
  const char* core = keras_modules::kCore;
  add_row<NanToNumOptions>(rows, {"NanToNum", &nan_to_num, &same_shape<NanToNumOptions>});
  add_row<NoOptions>(rows, {"Size",
                            [](const NoOptions&, const Tensors& x) {
                              return Tensor::scalar(static_cast<double>(x.at(0).num_elements()),
                                                    DType::int32);
                            },
                            &scalar_shape, false, numpy, &count_dtype});
  add_row<NoOptions>(rows, {"Ndim",
                            [](const NoOptions&, const Tensors& x) {
                              return Tensor::scalar(static_cast<double>(x.at(0).rank()), DType::int32);
                            },
                            &scalar_shape, false, numpy, &count_dtype});
  using WithDType = ArrayOperationKind<OptionalDTypeOptions>;
  const auto cast_to_wanted = [](const OptionalDTypeOptions& o, const Tensors& x) {
    return ops::cast(x.at(0), wanted_dtype(o, x[0].dtype()));
  };
  const auto shape = &same_shape<OptionalDTypeOptions>;
  add_row(rows, WithDType{"ConvertToTensor", cast_to_wanted, shape, false, core, &wanted_dtype},
          {"sparse", "ragged"});
  add_row(rows, WithDType{"Array", cast_to_wanted, shape, false, numpy, &wanted_dtype});
  add_row(rows, WithDType{"SaturateCast", &saturated, shape, false, core, &wanted_dtype});
  add_row(rows, WithDType{"EmptyLike", &filled_like<0>, shape, false, numpy, &wanted_dtype});
  add_row(rows, WithDType{"ZerosLike", &filled_like<0>, shape, false, numpy, &wanted_dtype});
  add_row(rows, WithDType{"OnesLike", &filled_like<1>, shape, false, numpy, &wanted_dtype});
  add_operand_row<OptionalDTypeOptions>(rows, {"FullLike",
                                               {"x", "fill_value"},
                                               2,
                                               &filled_with,
                                               &same_shape<OptionalDTypeOptions>,
                                               numpy,
                                               1,
                                               &wanted_dtype});
  add_operand_row<CloseOptions>(rows, {"Isclose",
                                       {"x1", "x2", "rtol", "atol"},
                                       2,
                                       &is_close,
                                       [](const CloseOptions&, const Shapes& operands) {
                                         return broadcast_shapes(operands[0], operands[1]);
                                       },
                                       numpy,
                                       2,
                                       [](const CloseOptions&, DType) { return DType::boolean; }});
}

}  // namespace sepal
