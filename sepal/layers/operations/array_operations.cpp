#include "sepal/layers/operations/array_operations.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/layers/merging/concatenate.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"

namespace sepal {
namespace {

struct AxisOptions {
  std::int64_t axis = -1;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
  }
};

struct ReductionOptions {
  std::optional<IntTuple> axis = {};  // None: all axes
  bool keepdims = false;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
    v("keepdims", o.keepdims);
  }
};

struct SqueezeOptions {
  std::optional<IntTuple> axis = {};  // None: all axes of length 1
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
  }
};

struct NewShapeOptions {
  IntTuple newshape = -1;  // with the batch axis; one length may be -1
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("newshape", o.newshape);
  }
};

struct TransposeOptions {
  std::optional<IntTuple> axes = {};  // None: in reverse order
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axes", o.axes);
  }
};

struct ClipOptions {
  double x_min = 0.0;
  double x_max = 0.0;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("x_min", o.x_min);
    v("x_max", o.x_max);
  }
};

// Which axes of a tensor of this rank are named; all if none is.
std::vector<bool> named_axes(const std::optional<IntTuple>& axes, int rank) {
  std::vector<bool> named(static_cast<std::size_t>(rank), !axes);
  if (!axes) return named;
  for (const std::int64_t axis : axes->values())
    named[static_cast<std::size_t>(normalize_axis(axis, rank))] = true;
  return named;
}

using Reduce = Tensor (*)(const Tensor&, const ops::Axes&, bool);

template <Reduce kReduce>
Tensor reduced(const ReductionOptions& o, const Tensors& inputs) {
  return kReduce(inputs.at(0), o.axis ? ops::Axes(o.axis->values()) : std::nullopt, o.keepdims);
}

Shape reduced_shape(const ReductionOptions& o, const Shapes& input_shapes) {
  const Shape& from = input_shapes.at(0);
  const std::vector<bool> named = named_axes(o.axis, from.rank());
  Shape result;
  for (int i = 0; i < from.rank(); ++i) {
    if (!named[static_cast<std::size_t>(i)]) {
      result.push_back(from[i]);
    } else if (o.keepdims) {
      result.push_back(1);
    }
  }
  return result;
}

Shape squeezed_shape(const SqueezeOptions& o, const Shapes& input_shapes) {
  const Shape& from = input_shapes.at(0);
  const std::vector<bool> named = named_axes(o.axis, from.rank());
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
  // -1 is kNone; the length that it stands for is known if all others are.
  Shape result(o.newshape.values());
  const bool is_negative =
      std::any_of(result.begin(), result.end(), [](std::int64_t dim) { return dim < kNone; });
  const auto unknown = std::count(result.begin(), result.end(), kNone);
  if (is_negative || unknown > 1 || result.rank() > kMaxRank) {
    throw ValueError(
        fmt::format("`newshape` must have at most {} lengths, none negative but at most one -1. Received: {}",
                    kMaxRank, o.newshape.str()));
  }
  if (!input_shapes.at(0).is_fully_defined() || unknown == 0) return result;
  std::int64_t known = 1;
  for (const std::int64_t dim : result) {
    if (dim != kNone) known = checked_multiply(known, dim);
  }
  for (int i = 0; i < result.rank() && known > 0; ++i) {
    if (result[i] == kNone) result[i] = input_shapes[0].num_elements() / known;
  }
  return result;
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

Shape transposed_shape(const TransposeOptions& o, const Shapes& input_shapes) {
  Shape result;
  for (const int axis : permutation(o, input_shapes.at(0).rank())) result.push_back(input_shapes[0][axis]);
  return result;
}

Shape expanded_shape(const AxisOptions& o, const Shapes& input_shapes) {
  const Shape& from = input_shapes.at(0);
  const int place = normalize_axis(o.axis, from.rank() + 1);
  Shape result = from.slice(0, place);
  result.push_back(1);
  for (const std::int64_t dim : from.slice(place)) result.push_back(dim);
  return result;
}

Shape concatenated_shape(const AxisOptions& o, const Shapes& input_shapes) {
  // With a name, so that it does not take one from the numbering.
  return ConcatenateLayer({.axis = o.axis, .name = "concatenate"}).output_shapes_for(input_shapes).at(0);
}

template <class Options>
Shape same_shape(const Options&, const Shapes& input_shapes) {
  return input_shapes.at(0);
}

// The tensor in the shape that the operation announces.
template <class Options, Shape (*kShape)(const Options&, const Shapes&)>
Tensor in_shape(const Options& o, const Tensors& inputs) {
  return ops::reshape(inputs.at(0), kShape(o, {inputs[0].shape()}));
}

template <class Options>
void add_row(std::map<std::string, LayerFactory>& rows, const ArrayOperationKind<Options>& kind,
             const std::vector<const char*>& idle_keys = {}) {
  rows[std::string(kind.module) + ">" + kind.class_name] =
      [kind, idle_keys](const Json& config, const std::string& owner) -> std::shared_ptr<Layer> {
    std::string name;
    Options options;
    ConfigReader reader(config, owner);
    reader("name", name);
    Options::visit(options, reader);
    reader.ignore(idle_keys);
    reader.expect_all_used();
    expect_idle_keys(config, owner, idle_keys);
    return std::make_shared<ArrayOperation<Options>>(kind, std::move(options), name);
  };
}

}  // namespace

void add_array_operations(std::map<std::string, LayerFactory>& rows) {
  add_row<ReductionOptions>(rows, {"Max", &reduced<ops::max>, &reduced_shape}, {"initial"});
  add_row<ReductionOptions>(rows, {"Mean", &reduced<ops::mean>, &reduced_shape});
  add_row<ReductionOptions>(rows, {"Min", &reduced<ops::min>, &reduced_shape}, {"initial"});
  add_row<ReductionOptions>(rows, {"Sum", &reduced<ops::sum>, &reduced_shape});
  add_row<NewShapeOptions>(rows, {"Reshape",
                                  [](const NewShapeOptions& o, const Tensors& inputs) {
                                    return ops::reshape(inputs.at(0), Shape(o.newshape.values()));
                                  },
                                  &reshaped_shape});
  add_row<TransposeOptions>(rows, {"Transpose",
                                   [](const TransposeOptions& o, const Tensors& inputs) {
                                     return ops::transpose(inputs.at(0), permutation(o, inputs[0].rank()));
                                   },
                                   &transposed_shape});
  add_row<AxisOptions>(rows, {"ExpandDims", &in_shape<AxisOptions, expanded_shape>, &expanded_shape});
  add_row<SqueezeOptions>(rows, {"Squeeze", &in_shape<SqueezeOptions, squeezed_shape>, &squeezed_shape});
  add_row<AxisOptions>(
      rows, {"Concatenate",
             [](const AxisOptions& o, const Tensors& inputs) { return ops::concatenate(inputs, o.axis); },
             &concatenated_shape, true});
  add_row<ClipOptions>(rows, {"Clip",
                              [](const ClipOptions& o, const Tensors& inputs) {
                                return ops::clip(inputs.at(0), o.x_min, o.x_max);
                              },
                              &same_shape<ClipOptions>});
  add_row<AxisOptions>(rows,
                       {.class_name = "Softmax",
                        .compute = [](const AxisOptions& o,
                                      const Tensors& inputs) { return ops::softmax(inputs.at(0), o.axis); },
                        .shape = &same_shape<AxisOptions>,
                        .module = "keras.src.ops.nn"});
}

}  // namespace sepal
