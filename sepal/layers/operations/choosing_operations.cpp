// Operations that choose, join or replace elements by their places: Select, TakeAlongAxis, Slice, Pad, ….
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "sepal/base/error.h"
#include "sepal/layers/merging/concatenate.h"
#include "sepal/layers/operations/operand_operation.h"
#include "sepal/ops/array.h"
#include "sepal/ops/comparison.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/take.h"

namespace sepal {
namespace {

struct SliceOptions {
  IntTuple shape = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("shape", o.shape);
  }
};

struct PadWidths {
  std::vector<std::pair<std::int64_t, std::int64_t>> pairs = {};
};

void config_put(Json& out, const char* key, const PadWidths& widths) {
  Json list = Json::array();
  for (const auto& [before, after] : widths.pairs) list.push_back(Json::array({before, after}));
  out[key] = std::move(list);
}

void config_get(const Json& in, const ConfigField& field, PadWidths& widths) {
  widths.pairs.clear();
  for (const Json& pair : in.is_array() ? in : Json::array({nullptr})) {
    IntTuple values;
    config_get(pair, field, values);
    if (values.size() != 2) config_type_error(field, "a pair of lengths for each axis", in);
    widths.pairs.emplace_back(values[0], values[1]);
  }
}

struct PadOptions {
  PadWidths pad_width = {};
  std::string mode = "constant";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("pad_width", o.pad_width);
    v("mode", o.mode);
  }
};

Shape concatenated_along(std::int64_t axis, const Shapes& shapes) {
  // With a name, so that it does not take one from the numbering.
  return ConcatenateLayer({.axis = axis, .name = "concatenate"}).output_shapes_for(shapes).at(0);
}

// At least `rank` axes: new ones in front, but the third one behind (numpy.atleast_2d and atleast_3d).
Shape at_least(const Shape& from, int rank) {
  Shape shape = from;
  if (shape.rank() == 0) shape = {1};
  if (shape.rank() == 1) shape = shape.with_front(1);
  if (rank == 3 && shape.rank() == 2) shape.push_back(1);
  return shape;
}

// Joined along the last of the first `kRank` axes that vstack (2: the first axis) and dstack (3) want.
template <int kRank>
Tensor stacked_along(const NoOptions&, const Tensors& inputs) {
  Tensors parts;
  for (const Tensor& input : in_common_dtype(inputs))
    parts.push_back(ops::reshape(input, at_least(input.shape(), kRank)));
  return ops::concatenate(parts, kRank == 2 ? 0 : 2);
}

template <int kRank>
Shape shape_stacked_along(const NoOptions&, const Shapes& input_shapes) {
  Shapes parts;
  for (const Shape& shape : input_shapes) parts.push_back(at_least(shape, kRank));
  return concatenated_along(kRank == 2 ? 0 : 2, parts);
}

Tensor appended(const OptionalAxisOptions& o, const Tensors& operands) {
  if (o.axis) return ops::concatenate({operands[0], operands[1]}, *o.axis);
  return ops::concatenate({ops::reshape(operands[0], {operands[0].num_elements()}),
                           ops::reshape(operands[1], {operands[1].num_elements()})},
                          0);
}

Shape appended_shape(const OptionalAxisOptions& o, const Shapes& operands) {
  if (o.axis) return concatenated_along(*o.axis, operands);
  const std::int64_t a = known_elements(operands[0]);
  const std::int64_t b = known_elements(operands[1]);
  return {a == kNone || b == kNone ? kNone : checked_add(a, b)};
}

// How far apart neighbours of each axis lie in row-major order.
std::vector<std::int64_t> distances(const Shape& shape) {
  std::vector<std::int64_t> result(static_cast<std::size_t>(shape.rank()), 1);
  for (int i = shape.rank() - 2; i >= 0; --i) {
    const auto at = static_cast<std::size_t>(i);
    result[at] = result[at + 1] * shape[i + 1];
  }
  return result;
}

// For each element of `shape`, in order, its number in a tensor of the same axes with other distances between
// neighbours, the first element being number `start`.
Tensor numbers_within(const Shape& shape, const std::vector<std::int64_t>& apart, std::int64_t start) {
  Tensor numbers(shape, DType::int64);
  std::int64_t* number = numbers.mutable_data<std::int64_t>();
  const std::vector<std::int64_t> here = distances(shape);
  for (std::int64_t i = 0; i < numbers.num_elements(); ++i) {
    number[i] = start;
    for (std::size_t axis = 0; axis < apart.size(); ++axis)
      number[i] += i / here[axis] % shape[static_cast<int>(axis)] * apart[axis];
  }
  return numbers;
}

Shape taken_shape(const OptionalAxisOptions& o, const Shapes& operands) {
  const Shape& x = operands[0];
  const Shape& indices = operands[1];
  if (!o.axis) return {known_elements(indices)};
  const int axis = normalize_axis(*o.axis, x.rank());
  Shape others = x;
  Shape wanted = indices;
  others[axis] = 1;
  wanted[axis] = 1;
  Shape result = broadcast_shapes(others, wanted);
  result[axis] = indices[axis];
  return result;
}

Tensor taken_along(const OptionalAxisOptions& o, const Tensors& operands) {
  Tensor x = operands[0];
  Tensor indices = ops::cast(operands[1], DType::int64);
  if (!o.axis) {
    x = ops::reshape(x, {x.num_elements()});
    indices = ops::reshape(indices, {indices.num_elements()});
  }
  const int axis = normalize_axis(o.axis.value_or(0), x.rank());
  const Shape shape = taken_shape({.axis = axis}, {x.shape(), indices.shape()});
  Shape broadcast = shape;
  broadcast[axis] = x.shape()[axis];
  x = ops::broadcast_to(x, broadcast);
  const std::int64_t length = x.shape()[axis];
  std::vector<std::int64_t> apart = distances(x.shape());
  const std::int64_t step = apart[static_cast<std::size_t>(axis)];
  apart[static_cast<std::size_t>(axis)] = 0;
  Tensor numbers = numbers_within(shape, apart, 0);
  const Tensor wanted = ops::broadcast_to(indices, shape);
  std::int64_t* number = numbers.mutable_data<std::int64_t>();
  for (std::int64_t i = 0; i < numbers.num_elements(); ++i) {
    const std::int64_t given = wanted.data<std::int64_t>()[i];
    const std::int64_t index = given < 0 ? given + length : given;
    if (index < 0 || index >= length) {
      throw InvalidArgumentError(fmt::format(
          "TakeAlongAxis: index {} is out of bounds of axis {} with length {}.", given, axis, length));
    }
    number[i] += index * step;
  }
  return elements_of(x, numbers);
}

// Where a slice of `lengths` begins; -1 among the lengths is the rest of the axis.
struct Box {
  std::vector<std::int64_t> start;
  Shape lengths;
};

Box box_of(const Tensor& start, const std::vector<std::int64_t>& lengths, const Shape& shape) {
  const Tensor given = ops::cast(start, DType::int64);
  Box box;
  const auto rank = static_cast<std::size_t>(shape.rank());
  if (given.rank() != 1 || given.num_elements() != shape.rank() || lengths.size() != rank) {
    throw ValueError(fmt::format("A slice has a start and a length for each of {} axes. Received: {} and {}.",
                                 rank, given.num_elements(), lengths.size()));
  }
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t length = shape[static_cast<int>(i)];
    const std::int64_t begin = given.data<std::int64_t>()[i];
    const bool inside = begin >= 0 && begin <= length;
    const std::int64_t count = inside && lengths[i] == -1 ? length - begin : lengths[i];
    if (!inside || count < 0 || count > length - begin) {
      throw InvalidArgumentError(
          fmt::format("A slice from {} of length {} is outside of axis {} with length {}.", begin, lengths[i],
                      i, length));
    }
    box.start.push_back(begin);
    box.lengths.push_back(count);
  }
  return box;
}

Tensor sliced(const SliceOptions& o, const Tensors& operands) {
  Tensor x = operands[0];
  const Box box = box_of(operands[1], o.shape.values(), x.shape());
  for (int i = 0; i < x.rank(); ++i) {
    const std::int64_t begin = box.start[static_cast<std::size_t>(i)];
    x = ops::slice(x, i, begin, begin + box.lengths[i]);
  }
  return x;
}

Shape sliced_shape(const SliceOptions& o, const Shapes&) {
  for (const std::int64_t length : o.shape.values()) {
    if (length < -1)
      throw ValueError(fmt::format("`shape` must not be negative. Received: shape={}", o.shape.str()));
  }
  return Shape(o.shape.values());
}

// x with the elements number `places` replaced by those of `updates`, the last one where several meet.
Tensor replaced(const Tensor& x, const Tensor& places, const Tensor& updates) {
  Tensor numbers(x.shape(), DType::int64);
  std::int64_t* number = numbers.mutable_data<std::int64_t>();
  std::iota(number, number + x.num_elements(), std::int64_t{0});
  for (std::int64_t i = 0; i < places.num_elements(); ++i)
    number[places.data<std::int64_t>()[i]] = x.num_elements() + i;
  return elements_of(
      ops::concatenate({ops::reshape(x, {x.num_elements()}), ops::reshape(updates, {updates.num_elements()})},
                       0),
      numbers);
}

Tensor slice_updated(const NoOptions&, const Tensors& operands) {
  const Tensor& x = operands[0];
  const Tensor updates = ops::cast(operands[2], x.dtype());
  const Box box = box_of(operands[1], updates.shape().dims(), x.shape());
  const std::vector<std::int64_t> apart = distances(x.shape());
  std::int64_t start = 0;
  for (std::size_t i = 0; i < apart.size(); ++i) start += box.start[i] * apart[i];
  return replaced(x, numbers_within(updates.shape(), apart, start), updates);
}

// Rows of `updates` go where rows of `indices`, each of them numbers of the leading axes, say.
Tensor scattered(const NoOptions&, const Tensors& operands) {
  const Tensor& x = operands[0];
  const Tensor indices = ops::cast(operands[1], DType::int64);
  const Tensor updates = ops::cast(operands[2], x.dtype());
  const int depth = indices.rank() == 2 ? static_cast<int>(indices.shape()[1]) : 0;
  if (depth < 1 || depth > x.rank() ||
      updates.shape() != x.shape().slice(depth).with_front(indices.shape()[0])) {
    throw ValueError(fmt::format(
        "ScatterUpdate: shapes do not fit. Received: inputs.shape={}, indices.shape={}, updates.shape={}",
        x.shape().str(), indices.shape().str(), updates.shape().str()));
  }
  const std::vector<std::int64_t> apart = distances(x.shape());
  const std::int64_t width = x.shape().slice(depth).num_elements();
  Tensor places({indices.shape()[0], width}, DType::int64);
  std::int64_t* place = places.mutable_data<std::int64_t>();
  const std::int64_t* index = indices.data<std::int64_t>();
  for (std::int64_t i = 0; i < indices.shape()[0]; ++i) {
    std::int64_t start = 0;
    for (int axis = 0; axis < depth; ++axis, ++index) {
      if (*index < 0 || *index >= x.shape()[axis]) {
        throw InvalidArgumentError(
            fmt::format("ScatterUpdate: index {} is out of bounds of axis {} with length {}.", *index, axis,
                        x.shape()[axis]));
      }
      start += *index * apart[static_cast<std::size_t>(axis)];
    }
    for (std::int64_t k = 0; k < width; ++k) *place++ = start + k;
  }
  return replaced(x, places, updates);
}

Shape padded_shape(const PadOptions& o, const Shapes& operands) {
  Shape shape = operands.at(0);
  const auto& pairs = o.pad_width.pairs;
  if (o.mode != "constant" && o.mode != "reflect" && o.mode != "symmetric") {
    throw UnimplementedError(fmt::format(
        "Pad: only modes 'constant', 'reflect' and 'symmetric' are supported. Received: mode={}", o.mode));
  }
  if (pairs.size() != static_cast<std::size_t>(shape.rank()))
    throw ValueError(fmt::format("`pad_width` must have a pair for each of {} axes. Received: {} pairs.",
                                 shape.rank(), pairs.size()));
  for (int i = 0; i < shape.rank(); ++i) {
    const auto [before, after] = pairs[static_cast<std::size_t>(i)];
    if (shape[i] != kNone) shape[i] = checked_add(shape[i], checked_add(before, after));
  }
  return shape;
}

// The axis with its mirror image before and behind it; the cell at the edge is there once, or twice.
Tensor mirrored(const Tensor& x, int axis, std::int64_t before, std::int64_t after, bool edge_twice) {
  const std::int64_t length = x.shape()[axis];
  const std::int64_t most = edge_twice ? length : length - 1;
  if (before < 0 || after < 0 || before > most || after > most) {
    throw ValueError(fmt::format("Pad: an axis of length {} cannot be mirrored by {} and {} cells.", length,
                                 before, after));
  }
  const std::int64_t edge = edge_twice ? 0 : 1;
  Tensors parts;
  if (before > 0) parts.push_back(ops::take_steps(x, axis, before - 1 + edge, -1, before));
  parts.push_back(x);
  if (after > 0) parts.push_back(ops::take_steps(x, axis, length - 1 - edge, -1, after));
  return ops::concatenate(parts, axis);
}

Tensor padded(const PadOptions& o, const Tensors& operands) {
  Tensor x = operands[0];
  (void)padded_shape(o, {x.shape()});
  if (o.mode != "constant") {
    for (int i = 0; i < x.rank(); ++i) {
      const auto [before, after] = o.pad_width.pairs[static_cast<std::size_t>(i)];
      if (before != 0 || after != 0) x = mirrored(x, i, before, after, o.mode == "symmetric");
    }
    return x;
  }
  const Tensor zeros_around = ops::pad(x, o.pad_width.pairs);
  if (!operands[1].defined() || operands[1].astype(DType::float64).item() == 0.0) return zeros_around;
  const Tensor inside = ops::pad(Tensor::ones(x.shape(), DType::float64), o.pad_width.pairs);
  return through_floats(zeros_around, [&](const Tensor& y) {
    return ops::select(ops::cast(inside, DType::boolean), y, ops::cast(operands[1], y.dtype()));
  });
}

// The first of the choices whose condition holds, else the default.
class SelectOperation : public OperationLayer {
 public:
  SelectOperation(NoOptions, const std::string& name)
      : OperationLayer(keras_modules::kNumpy, "Select", name) {}

 protected:
  std::vector<const char*> argument_names() const override { return {"condlist", "choicelist", "default"}; }
  void read_arguments(const Json& args) override {
    const bool fits = args.size() >= 2 && args.size() <= 3 && args[0].is_array() && args[1].is_array() &&
                      args[0].size() == args[1].size() && !args[0].empty();
    if (!fits) {
      throw TypeError(
          fmt::format("{}: expected lists of as many conditions as choices, and a default.", owner()));
    }
    Json flat = args[0];
    for (const Json& choice : args[1]) flat.push_back(choice);
    flat.push_back(args.size() == 3 ? args[2] : Json(0));
    operands_ = OperandList(flat, owner());
    conditions_ = args[0].size();
  }
  Tensors compute(const Tensors& inputs) const override {
    std::vector<DType> dtypes;
    for (const Tensor& input : inputs) dtypes.push_back(input.dtype());
    const DType dtype = compute_dtype(dtypes);
    const Tensors operands =
        operands_.joined(inputs, is_floating(dtype) ? dtype : DType::float64, conditions_);
    Tensor result = operands.back();
    for (std::size_t i = conditions_; i-- > 0;)
      result = ops::select(operands[i], operands[conditions_ + i], result);
    return {ops::cast(result, dtype)};
  }
  Shapes compute_shapes(const Shapes& input_shapes) const override {
    Shape shape;
    for (const Shape& operand : operands_.joined_shapes(input_shapes))
      shape = broadcast_shapes(shape, operand);
    return {shape};
  }
  DType compute_dtype(const std::vector<DType>& input_dtypes) const override {
    return operands_.common_dtype(input_dtypes, conditions_);
  }

 private:
  OperandList operands_;
  std::size_t conditions_ = 0;
};

}  // namespace

void add_choosing_operations(std::map<std::string, LayerFactory>& rows) {
  const char* numpy = keras_modules::kNumpy;
  const char* core = keras_modules::kCore;
  add_row<NoOptions>(rows, {"Vstack", &stacked_along<2>, &shape_stacked_along<2>, true});
  add_row<NoOptions>(rows, {"Dstack", &stacked_along<3>, &shape_stacked_along<3>, true});
  add_operand_row<OptionalAxisOptions>(rows, {"Append", {"x1", "x2"}, 2, &appended, &appended_shape});
  add_operand_row<OptionalAxisOptions>(
      rows, {"TakeAlongAxis", {"x", "indices"}, 2, &taken_along, &taken_shape, numpy, 1});
  add_operand_row<SliceOptions>(rows,
                                {"Slice", {"inputs", "start_indices"}, 2, &sliced, &sliced_shape, core, 1});
  add_operand_row<NoOptions>(rows, {"SliceUpdate",
                                    {"inputs", "start_indices", "updates"},
                                    3,
                                    &slice_updated,
                                    &same_shape<NoOptions>,
                                    core,
                                    1});
  add_operand_row<NoOptions>(
      rows,
      {"ScatterUpdate", {"inputs", "indices", "updates"}, 3, &scattered, &same_shape<NoOptions>, core, 1},
      {"reduction"});
  add_operand_row<PadOptions>(rows, {"Pad", {"x", "constant_values"}, 1, &padded, &padded_shape, numpy, 1});
  rows["keras.src.ops.numpy>Select"] =
      operation_factory<NoOptions>([](NoOptions options, const std::string& name) {
        return std::make_shared<SelectOperation>(options, name);
      });
}

}  // namespace sepal
