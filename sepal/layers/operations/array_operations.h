// Operations that reduce or move elements: Mean, Sum, Reshape, Concatenate, … of keras.src.ops.numpy.
#pragma once

#include "sepal/layers/operations/operation_layer.h"

namespace sepal {

/// An operation with arguments of its own, which are in its config. OptionsT has `name`, a static `visit`,
/// `kModule`, `kTakesList`, `compute(inputs)` and `shape(input_shapes)`.
template <class OptionsT>
class ConfiguredOperation : public OperationLayer {
 public:
  using Options = OptionsT;
  ConfiguredOperation(const char* class_name, Options options)
      : OperationLayer(OptionsT::kModule, class_name, options.name), options_(std::move(options)) {}

 protected:
  void read_arguments(const Json& args) override { expect_tensors_only(args, OptionsT::kTakesList); }
  Tensor compute(const Tensors& inputs) const override { return options_.compute(inputs); }
  Shape compute_shape(const Shapes& input_shapes) const override { return options_.shape(input_shapes); }
  void put_config(Json& config) const override { write_options(config, options_); }

 private:
  Options options_;
};

inline constexpr const char* kNumpyModule = "keras.src.ops.numpy";

/// Mean, Sum, Max and Min.
struct ReductionOptions {
  using Reduce = Tensor (*)(const Tensor&, const std::optional<std::vector<std::int64_t>>&, bool);
  static constexpr const char* kModule = kNumpyModule;
  static constexpr bool kTakesList = false;

  /// None: all axes.
  std::optional<IntTuple> axis = {};
  bool keepdims = false;
  std::string name = {};
  Reduce reduce = nullptr;

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
    v("keepdims", o.keepdims);
  }
  Tensor compute(const Tensors& inputs) const;
  Shape shape(const Shapes& input_shapes) const;
};

struct ReshapeOperationOptions {
  static constexpr const char* kModule = kNumpyModule;
  static constexpr bool kTakesList = false;
  /// With the batch axis; one length may be -1.
  IntTuple newshape = -1;
  std::string name = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("newshape", o.newshape);
  }
  Tensor compute(const Tensors& inputs) const;
  Shape shape(const Shapes& input_shapes) const;
};

struct TransposeOptions {
  static constexpr const char* kModule = kNumpyModule;
  static constexpr bool kTakesList = false;
  /// None: in reverse order.
  std::optional<IntTuple> axes = {};
  std::string name = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axes", o.axes);
  }
  Tensor compute(const Tensors& inputs) const;
  Shape shape(const Shapes& input_shapes) const;

 private:
  std::vector<int> permutation(int rank) const;
};

struct ExpandDimsOptions {
  static constexpr const char* kModule = kNumpyModule;
  static constexpr bool kTakesList = false;
  std::int64_t axis = 0;
  std::string name = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
  }
  Tensor compute(const Tensors& inputs) const;
  Shape shape(const Shapes& input_shapes) const;
};

struct ConcatenateOperationOptions {
  static constexpr const char* kModule = kNumpyModule;
  static constexpr bool kTakesList = true;
  std::int64_t axis = 0;
  std::string name = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
  }
  Tensor compute(const Tensors& inputs) const;
  Shape shape(const Shapes& input_shapes) const;
};

struct ClipOptions {
  static constexpr const char* kModule = kNumpyModule;
  static constexpr bool kTakesList = false;
  double x_min = 0.0;
  double x_max = 0.0;
  std::string name = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("x_min", o.x_min);
    v("x_max", o.x_max);
  }
  Tensor compute(const Tensors& inputs) const;
  Shape shape(const Shapes& input_shapes) const { return input_shapes.at(0); }
};

struct SoftmaxOperationOptions {
  static constexpr const char* kModule = "keras.src.ops.nn";
  static constexpr bool kTakesList = false;
  std::int64_t axis = -1;
  std::string name = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
  }
  Tensor compute(const Tensors& inputs) const;
  Shape shape(const Shapes& input_shapes) const { return input_shapes.at(0); }
};

}  // namespace sepal
