// Operations along an axis, element after element or by size: Cumsum, Cumprod, Sort, Argsort, TopK.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sepal/base/error.h"
#include "sepal/layers/operations/array_operation.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/take.h"

namespace sepal {
namespace {

struct OptionalAxisOptions {
  std::optional<std::int64_t> axis = {};  // None: all elements in a row
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
  }
};

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
  rows[std::string(keras_modules::kMath) + ">TopK"] =
      operation_factory<TopKOptions>([](TopKOptions options, const std::string& name) {
        return std::make_shared<TopKOperation>(options, name);
      });
}

}  // namespace sepal
