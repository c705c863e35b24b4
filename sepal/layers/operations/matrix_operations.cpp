// Operations on the rows and columns of tensors: Tril, Diagonal, Rot90, Outer, Cross, Kron, ….
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/operations/operand_operation.h"
#include "sepal/ops/array.h"
#include "sepal/ops/comparison.h"
#include "sepal/ops/einsum.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"
#include "sepal/ops/take.h"

namespace sepal {

std::int64_t known_elements(const Shape& shape) {
  return shape.is_fully_defined() ? shape.num_elements() : kNone;
}

Tensor elements_of(const Tensor& x, const Tensor& indices) {
  return ops::take(ops::reshape(x, {x.num_elements()}), indices);
}

namespace {

struct TriangleOptions {
  std::int64_t k = 0;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("k", o.k);
  }
};

struct DiagonalOptions {
  std::int64_t offset = 0;
  std::int64_t axis1 = 0;
  std::int64_t axis2 = 1;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("offset", o.offset);
    v("axis1", o.axis1);
    v("axis2", o.axis2);
  }
};

struct TurnOptions {
  std::int64_t k = 1;
  IntTuple axes = {0, 1};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("k", o.k);
    v("axes", o.axes);
  }
};

struct CrossOptions {
  std::int64_t axisa = -1;
  std::int64_t axisb = -1;
  std::int64_t axisc = -1;
  std::optional<std::int64_t> axis = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axisa", o.axisa);
    v("axisb", o.axisb);
    v("axisc", o.axisc);
    v("axis", o.axis);
  }
};

void expect_matrices(const char* operation, const Shape& shape) {
  if (shape.rank() < 2)
    throw ValueError(fmt::format("{}: expected a tensor of 2 axes at least. Received: x.shape={}", operation,
                                 shape.str()));
}

Shape matrix_shape(const TriangleOptions&, const Shapes& shapes) {
  expect_matrices("Tril", shapes.at(0));
  return shapes[0];
}

// Zeros above diagonal k, or below it.
template <bool kLower>
Tensor triangle(const TriangleOptions& o, const Tensors& inputs) {
  expect_matrices("Tril", inputs.at(0).shape());
  return through_floats(inputs[0], [&](const Tensor& x) {
    Tensor kept({x.shape()[-2], x.shape()[-1]}, DType::boolean);
    bool* keep = kept.mutable_data<bool>();
    for (std::int64_t i = 0; i < x.shape()[-2]; ++i) {
      for (std::int64_t j = 0; j < x.shape()[-1]; ++j, ++keep) *keep = kLower ? j - i <= o.k : j - i >= o.k;
    }
    return ops::select(kept, x, Tensor::zeros({}, x.dtype()));
  });
}

// The axes but two, which come last.
std::vector<int> order_with_last(int rank, int first, int second) {
  std::vector<int> order;
  for (int i = 0; i < rank; ++i) {
    if (i != first && i != second) order.push_back(i);
  }
  order.push_back(first);
  order.push_back(second);
  return order;
}

std::int64_t diagonal_length(std::int64_t rows, std::int64_t columns, std::int64_t offset) {
  if (rows == kNone || columns == kNone) return kNone;
  const std::int64_t length = offset >= 0 ? std::min(rows, columns - std::min(offset, columns))
                                          : std::min(rows + std::max(offset, -rows), columns);
  return std::max<std::int64_t>(length, 0);
}

struct TwoAxes {
  int first;
  int second;
};

TwoAxes two_axes(const DiagonalOptions& o, const Shape& shape) {
  expect_matrices("Diagonal", shape);
  const TwoAxes axes{normalize_axis(o.axis1, shape.rank()), normalize_axis(o.axis2, shape.rank())};
  if (axes.first == axes.second) throw ValueError("`axis1` and `axis2` cannot be the same.");
  return axes;
}

Shape diagonal_shape(const DiagonalOptions& o, const Shapes& shapes) {
  const Shape& from = shapes.at(0);
  const TwoAxes axes = two_axes(o, from);
  Shape result;
  for (int i = 0; i < from.rank(); ++i) {
    if (i != axes.first && i != axes.second) result.push_back(from[i]);
  }
  result.push_back(diagonal_length(from[axes.first], from[axes.second], o.offset));
  return result;
}

Tensor diagonal(const DiagonalOptions& o, const Tensors& inputs) {
  const Shape shape = diagonal_shape(o, {inputs.at(0).shape()});
  const TwoAxes axes = two_axes(o, inputs[0].shape());
  const Tensor x = ops::transpose(inputs[0], order_with_last(inputs[0].rank(), axes.first, axes.second));
  const std::int64_t columns = x.shape()[-1];
  const std::int64_t matrix = x.shape()[-2] * columns;
  const std::int64_t start = o.offset >= 0 ? o.offset : -o.offset * columns;
  Tensor indices(shape, DType::int64);
  std::int64_t* index = indices.mutable_data<std::int64_t>();
  const std::int64_t length = shape[-1];
  for (std::int64_t i = 0; i < indices.num_elements(); ++i)
    index[i] = i / length * matrix + start + i % length * (columns + 1);
  return elements_of(x, indices);
}

DType trace_dtype(const DiagonalOptions&, DType input) {
  const bool small = input == DType::boolean || input == DType::int8 || input == DType::int16;
  return small ? DType::int32 : input;
}

Tensor trace(const DiagonalOptions& o, const Tensors& inputs) {
  return through_floats(ops::cast(diagonal(o, inputs), trace_dtype(o, inputs.at(0).dtype())),
                        [](const Tensor& x) { return ops::sum(x, std::vector<std::int64_t>{-1}); });
}

Shape trace_shape(const DiagonalOptions& o, const Shapes& shapes) {
  const Shape shape = diagonal_shape(o, shapes);
  return shape.slice(0, shape.rank() - 1);
}

TwoAxes turned_axes(const TurnOptions& o, const Shape& shape) {
  expect_matrices("Rot90", shape);
  const IntTuple axes = standardize_tuple(o.axes, 2, "axes", -kMaxRank);
  const TwoAxes result{normalize_axis(axes[0], shape.rank()), normalize_axis(axes[1], shape.rank())};
  if (result.first == result.second)
    throw ValueError(fmt::format("Invalid axes: {}. Axes must be different.", axes.str()));
  return result;
}

Shape turned_shape(const TurnOptions& o, const Shapes& shapes) {
  Shape shape = shapes.at(0);
  const TwoAxes axes = turned_axes(o, shape);
  if (o.k % 2 != 0) std::swap(shape[axes.first], shape[axes.second]);
  return shape;
}

// A quarter turn from the first axis towards the second, k times.
Tensor turned(const TurnOptions& o, const Tensors& inputs) {
  const Tensor& x = inputs.at(0);
  const TwoAxes axes = turned_axes(o, x.shape());
  const std::int64_t turns = ((o.k % 4) + 4) % 4;
  if (turns == 0) return x;
  if (turns == 2) return ops::flip(ops::flip(x, axes.first), axes.second);
  std::vector<int> order;
  for (int i = 0; i < x.rank(); ++i) order.push_back(i);
  std::swap(order[static_cast<std::size_t>(axes.first)], order[static_cast<std::size_t>(axes.second)]);
  return turns == 1 ? ops::transpose(ops::flip(x, axes.second), order)
                    : ops::flip(ops::transpose(x, order), axes.second);
}

template <int kAxis>
Tensor flipped_along(const NoOptions&, const Tensors& inputs) {
  if (inputs.at(0).rank() <= kAxis)
    throw ValueError(fmt::format("Expected a tensor of {} axes at least. Received: x.shape={}", kAxis + 1,
                                 inputs[0].shape().str()));
  return ops::flip(inputs[0], kAxis);
}

Tensor outer(const NoOptions&, const Tensors& operands) {
  return through_floats(ops::reshape(operands[0], {operands[0].num_elements(), 1}), [&](const Tensor& a) {
    const Tensor b = ops::reshape(operands[1], {1, operands[1].num_elements()});
    return ops::multiply(a, ops::cast(b, a.dtype()));
  });
}

Shape outer_shape(const NoOptions&, const Shapes& operands) {
  return {known_elements(operands[0]), known_elements(operands[1])};
}

Tensor vdot(const NoOptions&, const Tensors& operands) {
  return through_floats(ops::reshape(operands[0], {operands[0].num_elements()}), [&](const Tensor& a) {
    const Tensor b = ops::reshape(operands[1], {operands[1].num_elements()});
    return ops::sum(ops::multiply(a, ops::cast(b, a.dtype())));
  });
}

// The last axes multiplied and added up, everything else with everything else.
std::string inner_subscripts(const Shapes& operands) {
  std::string left;
  std::string right;
  for (int i = 0; i + 1 < operands[0].rank(); ++i) left += static_cast<char>('a' + i);
  for (int i = 0; i + 1 < operands[1].rank(); ++i) right += static_cast<char>('n' + i);
  return left + "m," + right + "m->" + left + right;
}

bool has_scalar(const Shapes& operands) { return operands[0].rank() == 0 || operands[1].rank() == 0; }

Tensor inner(const NoOptions&, const Tensors& operands) {
  const Shapes shapes{operands[0].shape(), operands[1].shape()};
  return through_floats(operands[0], [&](const Tensor& a) {
    const Tensor b = ops::cast(operands[1], a.dtype());
    return has_scalar(shapes) ? ops::multiply(a, b) : ops::einsum(inner_subscripts(shapes), {a, b});
  });
}

Shape inner_shape(const NoOptions&, const Shapes& operands) {
  return has_scalar(operands) ? broadcast_shapes(operands[0], operands[1])
                              : ops::einsum_shape(inner_subscripts(operands), operands);
}

// `x` with one axis as the last one.
Tensor with_last(const Tensor& x, std::int64_t axis) {
  std::vector<int> order;
  const int moved = normalize_axis(axis, x.rank());
  for (int i = 0; i < x.rank(); ++i) {
    if (i != moved) order.push_back(i);
  }
  order.push_back(moved);
  return ops::transpose(x, order);
}

Shape without_axis(const Shape& shape, std::int64_t axis) {
  const int left_out = normalize_axis(axis, shape.rank());
  if (shape[left_out] != 3)
    throw UnimplementedError(fmt::format(
        "Cross: only vectors of three components are supported. Received: shape={}", shape.str()));
  Shape result = shape.slice(0, left_out);
  for (const std::int64_t dim : shape.slice(left_out + 1)) result.push_back(dim);
  return result;
}

Shape cross_shape(const CrossOptions& o, const Shapes& operands) {
  const Shape rest = broadcast_shapes(without_axis(operands[0], o.axis.value_or(o.axisa)),
                                      without_axis(operands[1], o.axis.value_or(o.axisb)));
  const int place = normalize_axis(o.axis.value_or(o.axisc), rest.rank() + 1);
  Shape result = rest.slice(0, place);
  result.push_back(3);
  for (const std::int64_t dim : rest.slice(place)) result.push_back(dim);
  return result;
}

Tensor cross(const CrossOptions& o, const Tensors& operands) {
  const Shape shape = cross_shape(o, {operands[0].shape(), operands[1].shape()});
  const Tensor result =
      through_floats(with_last(operands[0], o.axis.value_or(o.axisa)), [&](const Tensor& a) {
        const Tensor b = ops::cast(with_last(operands[1], o.axis.value_or(o.axisb)), a.dtype());
        const auto component = [](const Tensor& x, std::int64_t i) {
          return ops::slice(x, -1, i % 3, i % 3 + 1);
        };
        Tensors components;
        for (std::int64_t i = 0; i < 3; ++i) {
          components.push_back(ops::subtract(ops::multiply(component(a, i + 1), component(b, i + 2)),
                                             ops::multiply(component(a, i + 2), component(b, i + 1))));
        }
        return ops::concatenate(components, -1);
      });
  std::vector<int> order;
  const int place = normalize_axis(o.axis.value_or(o.axisc), shape.rank());
  for (int i = 0; i + 1 < shape.rank(); ++i) order.push_back(i);
  order.insert(order.begin() + place, shape.rank() - 1);
  return ops::transpose(result, order);
}

Shape with_front_ones(Shape shape, int rank) {
  while (shape.rank() < rank) shape = shape.with_front(1);
  return shape;
}

Shape kron_shape(const NoOptions&, const Shapes& operands) {
  const int rank = std::max(operands[0].rank(), operands[1].rank());
  const Shape a = with_front_ones(operands[0], rank);
  const Shape b = with_front_ones(operands[1], rank);
  Shape result;
  for (int i = 0; i < rank; ++i)
    result.push_back(a[i] == kNone || b[i] == kNone ? kNone : checked_multiply(a[i], b[i]));
  return result;
}

// Each element of a times the whole of b.
Tensor kron(const NoOptions& o, const Tensors& operands) {
  const int rank = std::max(operands[0].rank(), operands[1].rank());
  Shape spread_a;
  Shape spread_b;
  for (const std::int64_t dim : with_front_ones(operands[0].shape(), rank)) {
    spread_a.push_back(dim);
    spread_a.push_back(1);
  }
  for (const std::int64_t dim : with_front_ones(operands[1].shape(), rank)) {
    spread_b.push_back(1);
    spread_b.push_back(dim);
  }
  const Shape shape = kron_shape(o, {operands[0].shape(), operands[1].shape()});
  return through_floats(ops::reshape(operands[0], spread_a), [&](const Tensor& a) {
    return ops::reshape(ops::multiply(a, ops::cast(ops::reshape(operands[1], spread_b), a.dtype())), shape);
  });
}

}  // namespace

void add_matrix_operations(std::map<std::string, LayerFactory>& rows) {
  add_row<TriangleOptions>(rows, {"Tril", &triangle<true>, &matrix_shape});
  add_row<TriangleOptions>(rows, {"Triu", &triangle<false>, &matrix_shape});
  add_row<DiagonalOptions>(rows, {"Diagonal", &diagonal, &diagonal_shape});
  add_row<DiagonalOptions>(rows, {"Trace", &trace, &trace_shape, false, keras_modules::kNumpy, &trace_dtype});
  add_row<TurnOptions>(rows, {"Rot90", &turned, &turned_shape});
  add_row<NoOptions>(rows, {"Fliplr", &flipped_along<1>, &same_shape<NoOptions>});
  add_row<NoOptions>(rows, {"Flipud", &flipped_along<0>, &same_shape<NoOptions>});
  const std::vector<const char*> two{"x1", "x2"};
  add_operand_row<NoOptions>(rows, {"Outer", two, 2, &outer, &outer_shape});
  add_operand_row<NoOptions>(rows, {"Inner", two, 2, &inner, &inner_shape});
  add_operand_row<NoOptions>(
      rows, {"Vdot", two, 2, &vdot, [](const NoOptions&, const Shapes&) { return Shape{}; }});
  add_operand_row<NoOptions>(rows, {"Kron", two, 2, &kron, &kron_shape});
  add_operand_row<CrossOptions>(rows, {"Cross", two, 2, &cross, &cross_shape});
}

}  // namespace sepal
