// Operations with several results (Split, ArraySplit, Unstack), and Take, whose second argument is a list of
// numbers.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/operations/argument_tensor.h"
#include "sepal/layers/operations/array_operation.h"
#include "sepal/ops/array.h"
#include "sepal/ops/take.h"

namespace sepal {
namespace {

struct SplitOptions {
  IntTuple indices_or_sections = 1;  // a number of equal parts, or where parts begin
  std::int64_t axis = 0;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("indices_or_sections", o.indices_or_sections);
    v("axis", o.axis);
  }
};

// Hsplit and its like have an axis by their name.
struct AxisSplitOptions {
  IntTuple indices_or_sections = 1;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("indices_or_sections", o.indices_or_sections);
  }
};

struct UnstackOptions {
  std::optional<std::int64_t> num = {};
  std::int64_t axis = 0;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("num", o.num);
    v("axis", o.axis);
  }
};

struct Part {
  std::int64_t begin;
  std::int64_t end;
};

// More parts than any model has: each is a tensor.
constexpr std::int64_t kMostParts = 1 << 20;

std::int64_t known_length(const Shape& shape, int axis) {
  if (shape[axis] == kNone)
    throw ValueError(
        fmt::format("The length of axis {} must be known. Received: x.shape={}", axis, shape.str()));
  return shape[axis];
}

std::vector<Part> parts_of(const SplitOptions& o, const Shape& shape) {
  const int axis = normalize_axis(o.axis, shape.rank());
  const std::int64_t length = known_length(shape, axis);
  std::vector<Part> parts;
  if (o.indices_or_sections.is_scalar()) {
    const std::int64_t count = o.indices_or_sections[0];
    if (count < 1 || count > kMostParts || length % count != 0) {
      throw ValueError(fmt::format("`x` with shape {} cannot be split into {} equal parts along axis {}.",
                                   shape.str(), count, axis));
    }
    for (std::int64_t i = 0; i < count; ++i)
      parts.push_back({i * (length / count), (i + 1) * (length / count)});
    return parts;
  }
  std::int64_t begin = 0;
  for (const std::int64_t index : o.indices_or_sections.values()) {
    if (index < begin || index > length) {
      throw ValueError(fmt::format("`indices_or_sections` must rise from 0 to {} at most. Received: {}",
                                   length, o.indices_or_sections.str()));
    }
    parts.push_back({begin, index});
    begin = index;
  }
  parts.push_back({begin, length});
  return parts;
}

// Parts of nearly one length, the longer ones first.
std::vector<Part> uneven_parts_of(const SplitOptions& o, const Shape& shape) {
  if (!o.indices_or_sections.is_scalar()) return parts_of(o, shape);
  const std::int64_t length = known_length(shape, normalize_axis(o.axis, shape.rank()));
  const std::int64_t count = o.indices_or_sections[0];
  if (count < 1 || count > kMostParts)
    throw ValueError(fmt::format("number of sections must be larger than 0. Received: {}", count));
  std::vector<Part> parts;
  std::int64_t begin = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t end = begin + length / count + (i < length % count ? 1 : 0);
    parts.push_back({begin, end});
    begin = end;
  }
  return parts;
}

// Split, ArraySplit and those along the second axis (Hsplit), the first (Vsplit), the third (Dsplit).
class SplitOperation : public OperationLayer {
 public:
  using PartsOf = std::vector<Part> (*)(const SplitOptions& options, const Shape& shape);

  SplitOperation(const char* class_name, PartsOf parts, SplitOptions options, const std::string& name,
                 bool writes_axis = true)
      : OperationLayer(keras_modules::kNumpy, class_name, name),
        parts_(parts),
        options_(std::move(options)),
        writes_axis_(writes_axis) {}

 protected:
  void read_arguments(const Json& args) override { expect_tensors_only(args); }
  Tensors compute(const Tensors& inputs) const override {
    const SplitOptions o = options_for(inputs.at(0).shape());
    Tensors results;
    for (const Part& part : parts_(o, inputs[0].shape()))
      results.push_back(ops::slice(inputs[0], o.axis, part.begin, part.end));
    return results;
  }
  Shapes compute_shapes(const Shapes& input_shapes) const override {
    const SplitOptions o = options_for(input_shapes.at(0));
    Shapes results;
    for (const Part& part : parts_(o, input_shapes[0])) {
      results.push_back(input_shapes[0]);
      results.back()[normalize_axis(o.axis, results.back().rank())] = part.end - part.begin;
    }
    return results;
  }
  void put_config(Json& config) const override {
    if (writes_axis_) return write_options(config, options_);
    write_options(config, AxisSplitOptions{options_.indices_or_sections});
  }

 private:
  // Hsplit: the only axis of a row.
  SplitOptions options_for(const Shape& shape) const {
    SplitOptions o = options_;
    if (!writes_axis_ && o.axis == 1 && shape.rank() == 1) o.axis = 0;
    return o;
  }

  PartsOf parts_;
  SplitOptions options_;
  bool writes_axis_;
};

LayerFactory split_along(const char* class_name, std::int64_t axis) {
  return operation_factory<AxisSplitOptions>([=](AxisSplitOptions options, const std::string& name) {
    return std::make_shared<SplitOperation>(
        class_name, &parts_of, SplitOptions{.indices_or_sections = options.indices_or_sections, .axis = axis},
        name, false);
  });
}

LayerFactory split_factory(const char* class_name, SplitOperation::PartsOf parts) {
  return operation_factory<SplitOptions>([=](SplitOptions options, const std::string& name) {
    return std::make_shared<SplitOperation>(class_name, parts, std::move(options), name);
  });
}

class UnstackOperation : public OperationLayer {
 public:
  UnstackOperation(UnstackOptions options, const std::string& name)
      : OperationLayer(keras_modules::kCore, "Unstack", name), options_(options) {}

 protected:
  void read_arguments(const Json& args) override { expect_tensors_only(args); }
  Tensors compute(const Tensors& inputs) const override {
    const Shapes shapes = compute_shapes({inputs.at(0).shape()});
    Tensors results;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      const auto index = static_cast<std::int64_t>(i);
      results.push_back(ops::reshape(ops::slice(inputs[0], options_.axis, index, index + 1), shapes[i]));
    }
    return results;
  }
  Shapes compute_shapes(const Shapes& input_shapes) const override {
    const Shape& from = input_shapes.at(0);
    const int axis = normalize_axis(options_.axis, from.rank());
    Shape one = from.slice(0, axis);
    for (const std::int64_t dim : from.slice(axis + 1)) one.push_back(dim);
    return Shapes(static_cast<std::size_t>(known_length(from, axis)), one);
  }
  void put_config(Json& config) const override { write_options(config, options_); }

 private:
  UnstackOptions options_;
};

// Elements of an axis by their numbers: a tensor, or a constant of the call. Numbers below 0 count from the
// end.
class TakeOperation : public OperationLayer {
 public:
  TakeOperation(OptionalAxisOptions options, const std::string& name)
      : OperationLayer(keras_modules::kNumpy, "Take", name), options_(options) {}

 protected:
  void read_arguments(const Json& args) override {
    if (args.size() != 2) throw TypeError(fmt::format("{}: expected a tensor and indices.", owner()));
    operands_ = OperandList(args, owner());
    if (!is_tensor_reference(args[0]))
      throw UnimplementedError(fmt::format("{}: elements of a constant are not supported.", owner()));
  }
  Tensors compute(const Tensors& inputs) const override {
    const Shape shape = compute_shapes(shapes_of(inputs))[0];
    Tensor x = inputs.at(0);
    const int axis = options_.axis ? normalize_axis(*options_.axis, x.rank()) : 0;
    if (!options_.axis) x = ops::reshape(x, {x.num_elements()});
    std::vector<int> order{axis};
    for (int i = 0; i < x.rank(); ++i) {
      if (i != axis) order.push_back(i);
    }
    Tensor indices = operands_.joined(inputs, DType::int64)[1];
    std::int64_t* index = indices.mutable_data<std::int64_t>();
    for (std::int64_t i = 0; i < indices.num_elements(); ++i)
      if (index[i] < 0) index[i] += x.shape()[axis];
    // The chosen axes come first and go back to the place of the one that they replace.
    const Tensor rows = ops::take(ops::transpose(x, order), indices);
    std::vector<int> back;
    const int added = indices.rank();
    for (int i = 0; i < axis; ++i) back.push_back(added + i);
    for (int i = 0; i < added; ++i) back.push_back(i);
    for (int i = added + axis; i < rows.rank(); ++i) back.push_back(i);
    return {ops::reshape(ops::transpose(rows, back), shape)};
  }
  Shapes compute_shapes(const Shapes& input_shapes) const override {
    const Shapes shapes = operands_.joined_shapes(input_shapes);
    if (!options_.axis) return {shapes.at(1)};
    const int axis = normalize_axis(*options_.axis, shapes[0].rank());
    Shape result = shapes[0].slice(0, axis);
    for (const std::int64_t dim : shapes.at(1)) result.push_back(dim);
    for (const std::int64_t dim : shapes[0].slice(axis + 1)) result.push_back(dim);
    return {result};
  }
  void put_config(Json& config) const override { write_options(config, options_); }

 private:
  static Shapes shapes_of(const Tensors& tensors) {
    Shapes shapes;
    for (const Tensor& tensor : tensors) shapes.push_back(tensor.shape());
    return shapes;
  }

  OptionalAxisOptions options_;
  OperandList operands_;
};

template <class O, class Options>
LayerFactory factory() {
  return operation_factory<Options>(
      [](Options options, const std::string& name) { return std::make_shared<O>(std::move(options), name); });
}

}  // namespace

void add_splitting_operations(std::map<std::string, LayerFactory>& rows) {
  rows["keras.src.ops.numpy>Split"] = split_factory("Split", &parts_of);
  rows["keras.src.ops.numpy>ArraySplit"] = split_factory("ArraySplit", &uneven_parts_of);
  rows["keras.src.ops.numpy>Hsplit"] = split_along("Hsplit", 1);
  rows["keras.src.ops.numpy>Vsplit"] = split_along("Vsplit", 0);
  rows["keras.src.ops.numpy>Dsplit"] = split_along("Dsplit", 2);
  rows["keras.src.ops.core>Unstack"] = factory<UnstackOperation, UnstackOptions>();
  rows["keras.src.ops.numpy>Take"] = factory<TakeOperation, OptionalAxisOptions>();
}

}  // namespace sepal
