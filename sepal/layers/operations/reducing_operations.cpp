// Operations that make one number of several: Mean, Max, Any, Argmax, Norm, ….
#include <fmt/format.h>

#include <limits>
#include <numeric>

#include "sepal/base/error.h"
#include "sepal/layers/operations/array_operation.h"
#include "sepal/ops/array.h"
#include "sepal/ops/comparison.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/functions.h"
#include "sepal/ops/power.h"
#include "sepal/ops/reduce.h"

namespace sepal {
namespace {

using keras_modules::kMath;

struct NormOptions {
  std::optional<double> ord = {};  // None: 2
  std::optional<IntTuple> axis = {};
  bool keepdims = false;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("ord", o.ord);
    v("axis", o.axis);
    v("keepdims", o.keepdims);
  }
};

struct NormalizeOptions {
  IntTuple axis = -1;
  std::int64_t order = 2;
  std::optional<double> epsilon = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
    v("order", o.order);
    v("epsilon", o.epsilon);
  }
};

ops::Axes axes_of(const std::optional<IntTuple>& axis) {
  return axis ? ops::Axes(axis->values()) : std::nullopt;
}

Shape shape_without(const Shape& from, const std::optional<IntTuple>& axes, bool keepdims) {
  std::vector<bool> named(static_cast<std::size_t>(from.rank()), !axes);
  if (axes) {
    for (const std::int64_t axis : axes->values())
      named[static_cast<std::size_t>(normalize_axis(axis, from.rank()))] = true;
  }
  Shape result;
  for (int i = 0; i < from.rank(); ++i) {
    if (!named[static_cast<std::size_t>(i)]) {
      result.push_back(from[i]);
    } else if (keepdims) {
      result.push_back(1);
    }
  }
  return result;
}

template <class Options>
Shape reduced_shape(const Options& o, const Shapes& input_shapes) {
  return shape_without(input_shapes.at(0), o.axis, o.keepdims);
}

template <class Options>
DType boolean_dtype(const Options&, DType) {
  return DType::boolean;
}

template <class Options>
DType index_dtype(const Options&, DType) {
  return DType::int32;
}

// Whole numbers are added up in 32 bits at least.
DType sum_dtype(const ReductionOptions&, DType input) {
  return is_floating(input) || input == DType::int64 || input == DType::uint32 || input == DType::uint64
             ? input
             : DType::int32;
}

using Reduce = Tensor (*)(const Tensor&, const ops::Axes&, bool);

// Ops compute with floats; those of 64 bits hold whole numbers up to 2^53 exactly.
template <Reduce kReduce, DType (*kDType)(const ReductionOptions&, DType) = nullptr>
Tensor reduced(const ReductionOptions& o, const Tensors& inputs) {
  const Tensor& x = inputs.at(0);
  const Tensor y =
      kReduce(is_floating(x.dtype()) ? x : ops::cast(x, DType::float64), axes_of(o.axis), o.keepdims);
  DType dtype = x.dtype();
  if constexpr (kDType != nullptr) dtype = kDType(o, x.dtype());
  return ops::cast(y, dtype);
}

// Factor by factor.
Tensor product(const Tensor& x, const ops::Axes& axes, bool keepdims) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(x.rank()));
  std::iota(all.begin(), all.end(), std::int64_t{0});
  Tensor result = x;
  for (const std::int64_t axis : axes.value_or(all)) {
    const std::int64_t length = result.shape()[normalize_axis(axis, x.rank())];
    Shape one = result.shape();
    one[normalize_axis(axis, x.rank())] = 1;
    Tensor factor = length == 0 ? Tensor::ones(one, x.dtype()) : ops::slice(result, axis, 0, 1);
    for (std::int64_t i = 1; i < length; ++i)
      factor = ops::multiply(factor, ops::slice(result, axis, i, i + 1));
    result = factor;
  }
  if (keepdims) return result;
  return ops::reshape(result,
                      shape_without(x.shape(), axes ? std::optional(IntTuple(*axes)) : std::nullopt, false));
}

template <Reduce kReduce>
Tensor reduced_truth(const ReductionOptions& o, const Tensors& inputs) {
  return kReduce(ops::cast(inputs.at(0), DType::boolean), axes_of(o.axis), o.keepdims);
}

template <bool kLargest>
Tensor index_of_extreme(const ReductionOptions& o, const Tensors& inputs) {
  Tensor x = is_floating(inputs.at(0).dtype()) ? inputs[0] : inputs[0].astype(DType::float64);
  if (o.axis && o.axis->size() != 1)
    throw ValueError(fmt::format("`axis` must be one axis. Received: axis={}", o.axis->str()));
  if (!o.axis) x = x.reshaped({x.num_elements()});
  const Tensor index = ops::argmax(kLargest ? x : ops::negative(x), o.axis ? (*o.axis)[0] : 0);
  return index.astype(DType::int32).reshaped(shape_without(inputs[0].shape(), o.axis, o.keepdims));
}

// As keras.ops.norm for vectors; over two axes None is Frobenius's.
Tensor norm(const NormOptions& o, const Tensors& inputs) {
  const Tensor x = ops::cast(inputs.at(0), float_dtype(o, inputs[0].dtype()));
  const ops::Axes axes = axes_of(o.axis);
  const bool several = !o.axis ? x.rank() > 1 : o.axis->size() > 1;
  if (!o.ord || (*o.ord == 2.0 && !several)) return ops::sqrt(ops::sum(ops::square(x), axes, o.keepdims));
  if (several || *o.ord == 0.0) {
    throw UnimplementedError(fmt::format(
        "Norm: norms of matrices other than the default are not supported. Received: ord={}", *o.ord));
  }
  const Tensor powers = ops::power(ops::abs(x), *o.ord);
  return ops::power(ops::sum(powers, axes, o.keepdims), 1.0 / *o.ord);
}

// keras.ops.normalize: x over its norm, which is at least epsilon.
Tensor normalize(const NormalizeOptions& o, const Tensors& inputs) {
  const Tensor x = ops::cast(inputs.at(0), float_dtype(o, inputs[0].dtype()));
  const double epsilon = o.epsilon.value_or(1e-7);
  if (o.order == 2) {
    const Tensor factor = ops::rsqrt(ops::sum(ops::square(x), o.axis.values(), true));
    return ops::multiply(x, ops::minimum(factor, Tensor::scalar(1.0 / epsilon, x.dtype())));
  }
  const Tensor length = norm({.ord = static_cast<double>(o.order), .axis = o.axis, .keepdims = true}, {x});
  return ops::divide(x, ops::maximum(length, Tensor::scalar(epsilon, x.dtype())));
}

Tensor spread(const Tensor& x, const ops::Axes& axes, bool keepdims) {
  return ops::subtract(ops::max(x, axes, keepdims), ops::min(x, axes, keepdims));
}

Tensor truths(const Tensor& x) { return ops::not_equal(x, Tensor::scalar(0.0, x.dtype())); }

// Numbers that are none in the place of NaN.
Tensor without_nan(const Tensor& x, double instead) {
  return ops::select(ops::not_equal(x, x), Tensor::scalar(instead, x.dtype()), x);
}

Tensor nan_sum(const Tensor& x, const ops::Axes& axes, bool keepdims) {
  return ops::sum(without_nan(x, 0.0), axes, keepdims);
}

Tensor nan_mean(const Tensor& x, const ops::Axes& axes, bool keepdims) {
  const Tensor numbers = ops::cast(ops::equal(x, x), x.dtype());
  return ops::divide(nan_sum(x, axes, keepdims), ops::sum(numbers, axes, keepdims));
}

// NaN if there is no number at all.
template <Reduce kReduce, int kSign>
Tensor nan_extreme(const Tensor& x, const ops::Axes& axes, bool keepdims) {
  const Tensor none = ops::all(ops::not_equal(x, x), axes, keepdims);
  const Tensor extreme =
      kReduce(without_nan(x, kSign * std::numeric_limits<double>::infinity()), axes, keepdims);
  return ops::select(none, Tensor::scalar(std::numeric_limits<double>::quiet_NaN(), x.dtype()), extreme);
}

}  // namespace

void add_reducing_operations(std::map<std::string, LayerFactory>& rows) {
  using Kind = ArrayOperationKind<ReductionOptions>;
  const auto shape = &reduced_shape<ReductionOptions>;
  const auto floating = &float_dtype<ReductionOptions>;
  const auto boolean = &boolean_dtype<ReductionOptions>;
  const char* numpy = Kind{}.module;
  for (const char* name : {"Max", "Amax"}) add_row(rows, Kind{name, &reduced<ops::max>, shape}, {"initial"});
  for (const char* name : {"Min", "Amin"}) add_row(rows, Kind{name, &reduced<ops::min>, shape}, {"initial"});
  add_row(rows, Kind{"Mean", &reduced<ops::mean, float_dtype>, shape, false, numpy, floating});
  add_row(rows, Kind{"Sum", &reduced<ops::sum, sum_dtype>, shape, false, numpy, &sum_dtype});
  add_row(rows, Kind{"Prod", &reduced<product, sum_dtype>, shape, false, numpy, &sum_dtype}, {"dtype"});
  add_row(rows, Kind{"Var", &reduced<ops::variance, float_dtype>, shape, false, numpy, floating});
  add_row(rows, Kind{"Std", &reduced<ops::standard_deviation, float_dtype>, shape, false, numpy, floating});
  add_row(rows, Kind{"Logsumexp", &reduced<ops::logsumexp, float_dtype>, shape, false, kMath, floating});
  add_row(rows, Kind{"Any", &reduced_truth<ops::any>, shape, false, numpy, boolean});
  add_row(rows, Kind{"All", &reduced_truth<ops::all>, shape, false, numpy, boolean});
  add_row(rows, Kind{"Argmax", &index_of_extreme<true>, shape, false, numpy, &index_dtype<ReductionOptions>});
  add_row(rows,
          Kind{"Argmin", &index_of_extreme<false>, shape, false, numpy, &index_dtype<ReductionOptions>});
  add_row(rows, Kind{"Ptp", &reduced<spread>, shape});
  add_row(rows, Kind{"Nansum", &reduced<nan_sum, sum_dtype>, shape, false, numpy, &sum_dtype});
  add_row(rows, Kind{"Nanmean", &reduced<nan_mean, float_dtype>, shape, false, numpy, floating});
  add_row(rows, Kind{"Nanmax", &reduced<nan_extreme<ops::max, -1>>, shape});
  add_row(rows, Kind{"Nanmin", &reduced<nan_extreme<ops::min, 1>>, shape});
  add_row<OptionalAxesOptions>(
      rows, {.class_name = "CountNonzero",
             .compute =
                 [](const OptionalAxesOptions& o, const Tensors& inputs) {
                   return reduced<ops::sum, sum_dtype>({.axis = o.axis}, {truths(inputs.at(0))});
                 },
             .shape = [](const OptionalAxesOptions& o,
                         const Shapes& shapes) { return shape_without(shapes.at(0), o.axis, false); },
             .dtype = [](const OptionalAxesOptions&, DType) { return DType::int32; }});
  add_row<OptionalAxesOptions>(
      rows, {.class_name = "Average",
             .compute =
                 [](const OptionalAxesOptions& o, const Tensors& inputs) {
                   return reduced<ops::mean, float_dtype>({.axis = o.axis}, inputs);
                 },
             .shape = [](const OptionalAxesOptions& o,
                         const Shapes& shapes) { return shape_without(shapes.at(0), o.axis, false); },
             .dtype = &float_dtype<OptionalAxesOptions>});
  add_row<NormOptions>(rows, {"Norm", &norm, &reduced_shape<NormOptions>, false, keras_modules::kLinalg,
                              &float_dtype<NormOptions>});
  add_row<NormalizeOptions>(rows, {"Normalize", &normalize, &same_shape<NormalizeOptions>, false,
                                   keras_modules::kNn, &float_dtype<NormalizeOptions>});
}

}  // namespace sepal
