// Operations that move elements without arithmetic: Reshape, Transpose, Concatenate, Tile, ….
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/merging/concatenate.h"
#include "sepal/layers/operations/argument_tensor.h"
#include "sepal/layers/operations/array_operation.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"

namespace sepal {

Tensors in_common_dtype(const Tensors& tensors) {
  DType dtype = tensors.at(0).dtype();
  for (const Tensor& tensor : tensors) dtype = promoted(dtype, tensor.dtype());
  Tensors cast;
  for (const Tensor& tensor : tensors) cast.push_back(ops::cast(tensor, dtype));
  return cast;
}

namespace {

// Lengths with the batch axis; kNone (-1) at most once.
struct Lengths {
  Shape shape = {};
};

struct NewShapeOptions {
  Lengths newshape = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("newshape", o.newshape);
  }
};

struct ShapeOptions {
  Lengths shape = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("shape", o.shape);
  }
};

struct TransposeOptions {
  std::optional<IntTuple> axes = {};  // None: in reverse order
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axes", o.axes);
  }
};

struct SwapOptions {
  std::int64_t axis1 = 0;
  std::int64_t axis2 = 1;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis1", o.axis1);
    v("axis2", o.axis2);
  }
};

struct MoveOptions {
  IntTuple source = 0;
  IntTuple destination = 0;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("source", o.source);
    v("destination", o.destination);
  }
};

struct RepeatOptions {
  std::int64_t repeats = 1;
  std::int64_t axis = 0;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("repeats", o.repeats);
    v("axis", o.axis);
  }
};

struct TileOptions {
  IntTuple repeats = 1;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("repeats", o.repeats);
  }
};

struct RollOptions {
  std::int64_t shift = 0;
  std::int64_t axis = 0;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("shift", o.shift);
    v("axis", o.axis);
  }
};

void config_put(Json& out, const char* key, const Lengths& lengths) { out[key] = lengths.shape.dims(); }

// -1 or null is what follows from the others.
void config_get(const Json& in, const ConfigField& field, Lengths& result) {
  Json lengths = in.is_array() ? in : Json::array({in});
  for (Json& length : lengths) {
    if (length == -1) length = nullptr;
    if (length.is_null() || (length.is_number_integer() && length.get<std::int64_t>() >= 0)) continue;
    config_type_error(field, "a list of lengths, at most one of them -1", in);
  }
  result.shape = shape_from_json(lengths, field);
  if (std::count(result.shape.begin(), result.shape.end(), kNone) > 1)
    config_type_error(field, "a list of lengths, at most one of them -1", in);
}

Shape expanded_shape(const AxesOptions& o, const Shapes& input_shapes) {
  const Shape& from = input_shapes.at(0);
  const int rank = from.rank() + static_cast<int>(o.axis.size());
  std::vector<bool> is_new(static_cast<std::size_t>(rank), false);
  for (const std::int64_t axis : o.axis.values())
    is_new[static_cast<std::size_t>(normalize_axis(axis, rank))] = true;
  if (std::count(is_new.begin(), is_new.end(), true) != static_cast<std::ptrdiff_t>(o.axis.size()))
    throw ValueError(fmt::format("`axis` must not name an axis twice. Received: axis={}", o.axis.str()));
  Shape result;
  int next = 0;
  for (const bool added : is_new) result.push_back(added ? 1 : from[next++]);
  return result;
}

Shape squeezed_shape(const OptionalAxesOptions& o, const Shapes& input_shapes) {
  const Shape& from = input_shapes.at(0);
  std::vector<bool> named(static_cast<std::size_t>(from.rank()), !o.axis);
  if (o.axis) {
    for (const std::int64_t axis : o.axis->values())
      named[static_cast<std::size_t>(normalize_axis(axis, from.rank()))] = true;
  }
  Shape result;
  for (int i = 0; i < from.rank(); ++i) {
    const bool goes = named[static_cast<std::size_t>(i)] && from[i] == 1;
    if (o.axis && named[static_cast<std::size_t>(i)] && !goes) {
      throw ValueError(
          fmt::format("Cannot squeeze axis={}, because the dimension is not 1. Received: x.shape={}",
                      o.axis->str(), from.str()));
    }
    if (!goes) result.push_back(from[i]);
  }
  return result;
}

Shape reshaped_shape(const NewShapeOptions& o, const Shapes& input_shapes) {
  Shape result = o.newshape.shape;
  const bool has_unknown = std::find(result.begin(), result.end(), kNone) != result.end();
  if (!input_shapes.at(0).is_fully_defined() || !has_unknown) return result;
  std::int64_t known = 1;
  for (const std::int64_t dim : result) {
    if (dim != kNone) known = checked_multiply(known, dim);
  }
  for (int i = 0; i < result.rank() && known > 0; ++i) {
    if (result[i] == kNone) result[i] = input_shapes[0].num_elements() / known;
  }
  return result;
}

Shape raveled_shape(const NoOptions&, const Shapes& input_shapes) {
  return {input_shapes.at(0).is_fully_defined() ? input_shapes[0].num_elements() : kNone};
}

std::vector<int> permutation(const TransposeOptions& o, int rank) {
  std::vector<int> order;
  for (int i = 0; i < rank; ++i) {
    if (!o.axes) order.push_back(rank - 1 - i);
  }
  if (!o.axes) return order;
  for (const std::int64_t axis : o.axes->values()) order.push_back(normalize_axis(axis, rank));
  std::vector<int> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  if (static_cast<int>(sorted.size()) != rank || std::unique(sorted.begin(), sorted.end()) != sorted.end()) {
    throw ValueError(
        fmt::format("`axes` must be a permutation of {} axes. Received: {}", rank, o.axes->str()));
  }
  return order;
}

std::vector<int> permutation(const SwapOptions& o, int rank) {
  std::vector<int> order;
  for (int i = 0; i < rank; ++i) order.push_back(i);
  std::swap(order[static_cast<std::size_t>(normalize_axis(o.axis1, rank))],
            order[static_cast<std::size_t>(normalize_axis(o.axis2, rank))]);
  return order;
}

std::vector<int> permutation(const MoveOptions& o, int rank) {
  if (o.source.size() != o.destination.size()) {
    throw ValueError(fmt::format("`source` and `destination` must have as many axes. Received: {} and {}",
                                 o.source.str(), o.destination.str()));
  }
  std::vector<int> order(static_cast<std::size_t>(rank), -1);
  std::vector<bool> moved(static_cast<std::size_t>(rank), false);
  for (std::size_t i = 0; i < o.source.size(); ++i) {
    const int source = normalize_axis(o.source[i], rank);
    order[static_cast<std::size_t>(normalize_axis(o.destination[i], rank))] = source;
    moved[static_cast<std::size_t>(source)] = true;
  }
  int next = 0;
  for (int& axis : order) {
    while (next < rank && moved[static_cast<std::size_t>(next)]) ++next;
    if (axis < 0) axis = next++;
  }
  return order;
}

template <class Options>
Shape permuted_shape(const Options& o, const Shapes& input_shapes) {
  Shape result;
  for (const int axis : permutation(o, input_shapes.at(0).rank())) result.push_back(input_shapes[0][axis]);
  return result;
}

template <class Options>
Tensor permuted(const Options& o, const Tensors& inputs) {
  return ops::transpose(inputs.at(0), permutation(o, inputs[0].rank()));
}

Shape concatenated_shape(const AxisOptions& o, const Shapes& input_shapes) {
  // With a name, so that it does not take one from the numbering.
  return ConcatenateLayer({.axis = o.axis, .name = "concatenate"}).output_shapes_for(input_shapes).at(0);
}

Tensor concatenated(const AxisOptions& o, const Tensors& inputs) {
  return ops::concatenate(in_common_dtype(inputs), o.axis);
}

// hstack: along the second axis, if there is one.
AxisOptions hstack_axis(int rank) { return {rank > 1 ? 1 : 0}; }

Shape stacked_shape(const AxisOptions& o, const Shapes& input_shapes) {
  Shape shape = input_shapes.at(0);
  for (const Shape& other : input_shapes) shape = broadcast_shapes(shape, other);
  Shape result = expanded_shape({o.axis}, {shape});
  result[normalize_axis(o.axis, result.rank())] = static_cast<std::int64_t>(input_shapes.size());
  return result;
}

// One number for each axis; numbers in front of them make new axes.
std::vector<std::int64_t> tile_counts(const TileOptions& o, int rank) {
  std::vector<std::int64_t> counts = o.repeats.values();
  while (static_cast<int>(counts.size()) < rank) counts.insert(counts.begin(), 1);
  return counts;
}

Shape with_rank(Shape shape, std::size_t rank) {
  while (static_cast<std::size_t>(shape.rank()) < rank) shape = shape.with_front(1);
  return shape;
}

Shape tiled_shape(const TileOptions& o, const Shapes& input_shapes) {
  const std::vector<std::int64_t> counts = tile_counts(o, input_shapes.at(0).rank());
  Shape shape = with_rank(input_shapes[0], counts.size());
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] != kNone) shape[i] = checked_multiply(shape[i], counts[static_cast<std::size_t>(i)]);
  }
  return shape;
}

Tensor tiled(const TileOptions& o, const Tensors& inputs) {
  const std::vector<std::int64_t> counts = tile_counts(o, inputs.at(0).rank());
  return ops::tile(ops::reshape(inputs[0], with_rank(inputs[0].shape(), counts.size())), counts);
}

Shape repeated_shape(const RepeatOptions& o, const Shapes& input_shapes) {
  Shape shape = input_shapes.at(0);
  const int axis = normalize_axis(o.axis, shape.rank());
  if (shape[axis] != kNone) shape[axis] = checked_multiply(shape[axis], o.repeats);
  return shape;
}

Tensor flipped(const OptionalAxesOptions& o, const Tensors& inputs) {
  Tensor x = inputs.at(0);
  for (int axis = 0; !o.axis && axis < x.rank(); ++axis) x = ops::flip(x, axis);
  if (!o.axis) return x;
  for (const std::int64_t axis : o.axis->values()) x = ops::flip(x, axis);
  return x;
}

Tensor rolled(const RollOptions& o, const Tensors& inputs) {
  const Tensor& x = inputs.at(0);
  const int axis = normalize_axis(o.axis, x.rank());
  const std::int64_t length = x.shape()[axis];
  if (length == 0) return x;
  const std::int64_t shift = ((o.shift % length) + length) % length;
  return ops::concatenate(
      {ops::slice(x, axis, length - shift, length), ops::slice(x, axis, 0, length - shift)}, axis);
}

// The lengths of the axes: tf.shape, which only files of tf.keras have.
Tensor lengths_of(const NoOptions&, const Tensors& inputs) {
  const std::vector<std::int64_t>& dims = inputs.at(0).shape().dims();
  return Tensor::from<std::int64_t>(dims, {static_cast<std::int64_t>(dims.size())}).astype(DType::int32);
}

// The tensor in the shape that the operation announces.
template <class Options, Shape (*kShape)(const Options&, const Shapes&)>
Tensor in_shape(const Options& o, const Tensors& inputs) {
  return ops::reshape(inputs.at(0), kShape(o, {inputs[0].shape()}));
}

}  // namespace

void add_moving_operations(std::map<std::string, LayerFactory>& rows) {
  add_row<NewShapeOptions>(rows, {"Reshape", &in_shape<NewShapeOptions, reshaped_shape>, &reshaped_shape});
  add_row<NoOptions>(rows, {"Ravel", &in_shape<NoOptions, raveled_shape>, &raveled_shape});
  add_row<NoOptions>(
      rows, {"Shape", &lengths_of,
             [](const NoOptions&, const Shapes& shapes) { return Shape{shapes.at(0).rank()}; }, false,
             keras_modules::kCore, [](const NoOptions&, DType) { return DType::int32; }});
  add_row<AxesOptions>(rows, {"ExpandDims", &in_shape<AxesOptions, expanded_shape>, &expanded_shape});
  add_row<OptionalAxesOptions>(rows,
                               {"Squeeze", &in_shape<OptionalAxesOptions, squeezed_shape>, &squeezed_shape});
  add_row<TransposeOptions>(rows,
                            {"Transpose", &permuted<TransposeOptions>, &permuted_shape<TransposeOptions>});
  add_row<SwapOptions>(rows, {"Swapaxes", &permuted<SwapOptions>, &permuted_shape<SwapOptions>});
  add_row<MoveOptions>(rows, {"Moveaxis", &permuted<MoveOptions>, &permuted_shape<MoveOptions>});
  add_row<AxisOptions>(rows, {"Concatenate", &concatenated, &concatenated_shape, true});
  add_row<NoOptions>(rows, {"Hstack",
                            [](const NoOptions&, const Tensors& inputs) {
                              return concatenated(hstack_axis(inputs.at(0).rank()), inputs);
                            },
                            [](const NoOptions&, const Shapes& shapes) {
                              return concatenated_shape(hstack_axis(shapes.at(0).rank()), shapes);
                            },
                            true});
  add_row<AxisOptions>(rows, {"Stack",
                              [](const AxisOptions& o, const Tensors& inputs) {
                                return ops::stack(in_common_dtype(inputs), o.axis);
                              },
                              &stacked_shape, true});
  add_row<TileOptions>(rows, {"Tile", &tiled, &tiled_shape});
  add_row<RepeatOptions>(rows, {"Repeat",
                                [](const RepeatOptions& o, const Tensors& inputs) {
                                  return ops::repeat(inputs.at(0), o.repeats, o.axis);
                                },
                                &repeated_shape});
  add_row<OptionalAxesOptions>(rows, {"Flip", &flipped, &same_shape<OptionalAxesOptions>});
  add_row<RollOptions>(rows, {"Roll", &rolled, &same_shape<RollOptions>});
  add_row<ShapeOptions>(rows, {"BroadcastTo",
                               [](const ShapeOptions& o, const Tensors& inputs) {
                                 return ops::broadcast_to(inputs.at(0), o.shape.shape);
                               },
                               [](const ShapeOptions& o, const Shapes&) { return o.shape.shape; }});
}

}  // namespace sepal
