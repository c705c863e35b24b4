// Operations along an axis, element after element or by size: Cumsum, Diff, Sort, TopK, Median, Quantile, ….
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sepal/base/error.h"
#include "sepal/layers/operations/operand_operation.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"
#include "sepal/ops/take.h"

namespace sepal {
namespace {

struct TopKOptions {
  std::int64_t k = 1;
  bool sorted = true;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("k", o.k);
    v("sorted", o.sorted);
  }
};

// One row if there is no axis.
Shape shape_along_axis(const OptionalAxisOptions& o, const Shapes& input_shapes) {
  const Shape& from = input_shapes.at(0);
  if (o.axis) return from;
  std::int64_t count = 1;
  for (const std::int64_t dim : from)
    count = dim == kNone || count == kNone ? kNone : checked_multiply(count, dim);
  return {count};
}

Tensor in_a_row_if(const OptionalAxisOptions& o, const Tensor& x) {
  return o.axis ? x : ops::reshape(x, {x.num_elements()});
}

using Join = Tensor (*)(const Tensor&, const Tensor&);

// Each element joined with all before it.
template <Join kJoin>
Tensor cumulated(const OptionalAxisOptions& o, const Tensors& inputs) {
  const DType dtype = inputs.at(0).dtype();
  const Tensor x = in_a_row_if(o, is_floating(dtype) ? inputs[0] : ops::cast(inputs[0], DType::float64));
  const std::int64_t axis = o.axis.value_or(0);
  const std::int64_t length = x.shape()[normalize_axis(axis, x.rank())];
  Tensors parts;
  for (std::int64_t i = 0; i < length; ++i) {
    const Tensor part = ops::slice(x, axis, i, i + 1);
    parts.push_back(parts.empty() ? part : kJoin(parts.back(), part));
  }
  const Tensor y = parts.empty() ? x : ops::concatenate(parts, axis);
  return ops::cast(y, dtype == DType::boolean ? DType::int32 : dtype);
}

DType counted_dtype(const OptionalAxisOptions&, DType input) {
  return input == DType::boolean ? DType::int32 : input;
}

// The last axis and `axis` in each other's places.
Tensor with_axis_last(const Tensor& x, int axis) {
  std::vector<int> order(static_cast<std::size_t>(x.rank()));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<std::size_t>(axis)], order.back());
  return ops::transpose(x, order);
}

// For each row of the last axis the places of its elements in their order, of equal ones the first one first.
// Numbers that are none come last.
std::vector<std::int64_t> order_of_rows(const Tensor& x, bool descending) {
  const Tensor values = ops::cast(x, DType::float64);
  const std::int64_t length = x.shape()[-1];
  std::vector<std::int64_t> places(static_cast<std::size_t>(x.num_elements()));
  for (std::size_t begin = 0; begin < places.size(); begin += static_cast<std::size_t>(length)) {
    const double* row = values.data<double>() + begin;
    const auto first = places.begin() + static_cast<std::ptrdiff_t>(begin);
    std::iota(first, first + length, std::int64_t{0});
    std::stable_sort(first, first + length, [&](std::int64_t a, std::int64_t b) {
      if (std::isnan(row[a]) || std::isnan(row[b])) return !std::isnan(row[a]);
      return descending ? row[a] > row[b] : row[a] < row[b];
    });
  }
  return places;
}

struct OrderedRows {
  Tensor values;
  Tensor places;
};

// The first `count` elements of each row of the last axis.
OrderedRows ordered_rows(const Tensor& x, bool descending, std::int64_t count) {
  const std::int64_t length = x.shape()[-1];
  const std::vector<std::int64_t> order = order_of_rows(x, descending);
  Shape shape = x.shape();
  shape[-1] = count;
  Tensor places(shape, DType::int32);
  Tensor flat(shape, DType::int64);
  std::size_t next = 0;
  for (std::size_t begin = 0; begin < order.size(); begin += static_cast<std::size_t>(length)) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i, ++next) {
      places.mutable_data<std::int32_t>()[next] = static_cast<std::int32_t>(order[begin + i]);
      flat.mutable_data<std::int64_t>()[next] = static_cast<std::int64_t>(begin) + order[begin + i];
    }
  }
  return {ops::take(ops::reshape(x, {x.num_elements()}), flat), places};
}

template <bool kPlaces>
Tensor sorted(const OptionalAxisOptions& o, const Tensors& inputs) {
  const Tensor x = in_a_row_if(o, inputs.at(0));
  const int axis = normalize_axis(o.axis.value_or(-1), x.rank());
  const Tensor last = with_axis_last(x, axis);
  const OrderedRows rows = ordered_rows(last, false, last.shape()[-1]);
  return with_axis_last(kPlaces ? rows.places : rows.values, axis);
}

DType place_dtype(const OptionalAxisOptions&, DType) { return DType::int32; }

// The k largest elements of the last axis and their places.
class TopKOperation : public OperationLayer {
 public:
  TopKOperation(TopKOptions options, const std::string& name)
      : OperationLayer(keras_modules::kMath, "TopK", name), options_(options) {}

 protected:
  void read_arguments(const Json& args) override { expect_tensors_only(args); }
  Tensors compute(const Tensors& inputs) const override {
    (void)compute_shapes({inputs.at(0).shape()});
    const OrderedRows rows = ordered_rows(inputs[0], true, options_.k);
    return {rows.values, rows.places};
  }
  Shapes compute_shapes(const Shapes& input_shapes) const override {
    Shape shape = input_shapes.at(0);
    if (shape.rank() == 0 || options_.k < 0 || (shape[-1] != kNone && options_.k > shape[-1])) {
      throw ValueError(
          fmt::format("`k` must be at most the length of the last axis. Received: k={}, x.shape={}",
                      options_.k, shape.str()));
    }
    shape[-1] = options_.k;
    return {shape, shape};
  }
  std::vector<DType> compute_output_dtypes(const std::vector<DType>& input_dtypes, std::size_t) override {
    return {input_dtypes.at(0), DType::int32};
  }
  void put_config(Json& config) const override { write_options(config, options_); }

 private:
  TopKOptions options_;
};

struct QuantileOptions {
  std::optional<IntTuple> axis = {};
  std::string method = "linear";
  bool keepdims = false;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
    v("method", o.method);
    v("keepdims", o.keepdims);
  }
};

struct SplitAxes {
  std::vector<int> kept;
  std::vector<int> reduced;
};

SplitAxes split_axes(const std::optional<IntTuple>& axes, int rank) {
  std::vector<bool> named(static_cast<std::size_t>(rank), !axes);
  if (axes) {
    for (const std::int64_t axis : axes->values())
      named[static_cast<std::size_t>(normalize_axis(axis, rank))] = true;
  }
  SplitAxes split;
  for (int i = 0; i < rank; ++i)
    (named[static_cast<std::size_t>(i)] ? split.reduced : split.kept).push_back(i);
  return split;
}

// In front of them the axes of `q`, if it has any.
Shape quantile_shape(const QuantileOptions& o, const Shapes& operands) {
  const Shape& from = operands.at(0);
  Shape result = operands.at(1);
  const SplitAxes axes = split_axes(o.axis, from.rank());
  for (int i = 0; i < from.rank(); ++i) {
    const bool is_kept = std::find(axes.kept.begin(), axes.kept.end(), i) != axes.kept.end();
    if (is_kept || o.keepdims) result.push_back(is_kept ? from[i] : 1);
  }
  return result;
}

// A place among sorted elements: the lower neighbour, the upper one, and how much of the upper one counts.
struct SortedPlace {
  std::int64_t lower;
  std::int64_t upper;
  double share;
};

SortedPlace sorted_place(const std::string& method, double q, std::int64_t count) {
  if (!(q >= 0.0 && q <= 1.0))
    throw ValueError(fmt::format("Quantiles must be in the range [0, 1]. Received: q={}", q));
  const double exact = q * static_cast<double>(count - 1);
  const auto below = static_cast<std::int64_t>(std::floor(exact));
  const auto above = static_cast<std::int64_t>(std::ceil(exact));
  if (method == "linear") return {below, above, exact - std::floor(exact)};
  if (method == "midpoint") return {below, above, 0.5};
  if (method == "lower") return {below, below, 0.0};
  if (method == "higher") return {above, above, 0.0};
  if (method == "nearest") {
    const auto nearest = static_cast<std::int64_t>(std::nearbyint(exact));
    return {nearest, nearest, 0.0};
  }
  throw ValueError(fmt::format(
      "Invalid method: {}. Method must be one of ('linear', 'lower', 'higher', 'midpoint', 'nearest')",
      method));
}

// `unit`: 1, or 100 for percentiles. The node of quantiles in Keras 3.15 interpolates whatever its method
// says.
template <int kUnit>
Tensor quantile(const QuantileOptions& o, const Tensors& operands) {
  const Tensor& x = operands[0];
  // Keras multiplies by what a float of the default size keeps of 0.1: a tie that is none decides the
  // nearest.
  const Tensor q =
      ops::divide(operands[1].astype(floatx()), Tensor::scalar(kUnit, floatx())).astype(DType::float64);
  const Shape shape = quantile_shape(o, {x.shape(), q.shape()});
  const SplitAxes axes = split_axes(o.axis, x.rank());
  std::vector<int> order = axes.kept;
  order.insert(order.end(), axes.reduced.begin(), axes.reduced.end());
  std::int64_t count = 1;
  for (const int axis : axes.reduced) count *= x.shape()[axis];
  if (count == 0) throw ValueError("Quantiles of no elements are not defined.");
  const Tensor rows = ops::reshape(ops::transpose(x, order), {x.num_elements() / count, count});
  const Tensor sorted_rows = ordered_rows(rows, false, count).values;
  // Rows with NaN have no quantile: NaN comes last, and the sum is NaN.
  const Tensor last = ops::slice(sorted_rows, 1, count - 1, count);
  const Tensor nan = ops::multiply(ops::subtract(last, last), 0.0);
  Tensors results;
  for (std::int64_t i = 0; i < q.num_elements(); ++i) {
    const SortedPlace place = sorted_place(kUnit == 1 ? "linear" : o.method, q.data<double>()[i], count);
    const Tensor lower = ops::slice(sorted_rows, 1, place.lower, place.lower + 1);
    Tensor result = ops::multiply(lower, 1.0 - place.share);
    if (place.share > 0.0) {
      const Tensor upper = ops::slice(sorted_rows, 1, place.upper, place.upper + 1);
      result = ops::add(result, ops::multiply(upper, place.share));
    }
    results.push_back(ops::add(result, nan));
  }
  return ops::reshape(ops::concatenate(results, 0), shape);
}

Tensor median(const ReductionOptions& o, const Tensors& inputs) {
  const Tensor x = ops::cast(inputs.at(0), float_dtype(o, inputs[0].dtype()));
  return quantile<1>({.axis = o.axis, .keepdims = o.keepdims}, {x, Tensor::scalar(0.5, DType::float64)});
}

struct DifferenceOptions {
  std::int64_t n = 1;
  std::int64_t axis = -1;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("n", o.n);
    v("axis", o.axis);
  }
};

Shape difference_shape(const DifferenceOptions& o, const Shapes& input_shapes) {
  Shape shape = input_shapes.at(0);
  const int axis = normalize_axis(o.axis, shape.rank());
  if (o.n < 0) throw ValueError(fmt::format("`n` must not be negative. Received: n={}", o.n));
  if (shape[axis] != kNone) shape[axis] = std::max<std::int64_t>(shape[axis] - o.n, 0);
  return shape;
}

// The elements from the second one on and those up to the last but one.
struct Neighbours {
  Tensor later;
  Tensor earlier;
};

Neighbours neighbours(const Tensor& x, std::int64_t axis) {
  const std::int64_t length = x.shape()[normalize_axis(axis, x.rank())];
  return {ops::slice(x, axis, std::min<std::int64_t>(1, length), length),
          ops::slice(x, axis, 0, std::max<std::int64_t>(length - 1, 0))};
}

Tensor differences(const DifferenceOptions& o, const Tensors& inputs) {
  Tensor x = is_floating(inputs.at(0).dtype()) ? inputs[0] : ops::cast(inputs[0], DType::float64);
  const Shape shape = difference_shape(o, {x.shape()});
  while (x.shape() != shape) {
    const Neighbours pair = neighbours(x, o.axis);
    x = ops::subtract(pair.later, pair.earlier);
  }
  return ops::cast(x, inputs[0].dtype());
}

struct TrapezoidOptions {
  double dx = 1.0;
  std::int64_t axis = -1;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("dx", o.dx);
    v("axis", o.axis);
  }
};

Tensor trapezoids(const TrapezoidOptions& o, const Tensors& inputs) {
  const Tensor y = ops::cast(inputs.at(0), float_dtype(o, inputs[0].dtype()));
  const Neighbours pair = neighbours(y, o.axis);
  return ops::multiply(ops::sum(ops::add(pair.later, pair.earlier), std::vector<std::int64_t>{o.axis}),
                       0.5 * o.dx);
}

Shape trapezoids_shape(const TrapezoidOptions& o, const Shapes& input_shapes) {
  return quantile_shape({.axis = IntTuple(o.axis)}, {input_shapes.at(0), Shape{}});
}

}  // namespace

void add_ordering_operations(std::map<std::string, LayerFactory>& rows) {
  using Kind = ArrayOperationKind<OptionalAxisOptions>;
  const char* numpy = keras_modules::kNumpy;
  add_row(rows, Kind{"Cumsum", &cumulated<ops::add>, &shape_along_axis, false, numpy, &counted_dtype},
          {"dtype"});
  add_row(rows, Kind{"Cumprod", &cumulated<ops::multiply>, &shape_along_axis, false, numpy, &counted_dtype},
          {"dtype"});
  add_row(rows, Kind{"Sort", &sorted<false>, &shape_along_axis});
  add_row(rows, Kind{"Argsort", &sorted<true>, &shape_along_axis, false, numpy, &place_dtype});
  add_row<ReductionOptions>(
      rows, {"Median", &median,
             [](const ReductionOptions& o, const Shapes& shapes) {
               return quantile_shape({.axis = o.axis, .keepdims = o.keepdims}, {shapes.at(0), Shape{}});
             },
             false, numpy, &float_dtype<ReductionOptions>});
  const auto quantile_dtype = &float_dtype<QuantileOptions>;
  add_operand_row<QuantileOptions>(
      rows, {"Quantile", {"x", "q"}, 2, &quantile<1>, &quantile_shape, numpy, 1, quantile_dtype});
  add_operand_row<QuantileOptions>(
      rows, {"Percentile", {"x", "q"}, 2, &quantile<100>, &quantile_shape, numpy, 1, quantile_dtype});
  add_row<DifferenceOptions>(rows, {"Diff", &differences, &difference_shape});
  add_row<TrapezoidOptions>(
      rows, {"Trapezoid", &trapezoids, &trapezoids_shape, false, numpy, &float_dtype<TrapezoidOptions>},
      {"x"});
  rows[std::string(keras_modules::kMath) + ">TopK"] =
      operation_factory<TopKOptions>([](TopKOptions options, const std::string& name) {
        return std::make_shared<TopKOperation>(options, name);
      });
}

}  // namespace sepal
