// Merging layers that combine their inputs element by element (keras.layers.Add, …).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

/// Arguments of a layer that has none of its own.
struct PlainOptions {
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self&, Visitor&) {}
};

/// What they have in common: at least one input; shapes are broadcast after the batch axis, and an input of
/// lower rank gets axes of length 1 behind its batch axis.
class MergeLayer : public ConfiguredLayer<PlainOptions> {
 protected:
  MergeLayer(const char* class_name, Options options) : ConfiguredLayer(class_name, std::move(options)) {
    set_supports_masking();
  }

  virtual Tensor merge(const Tensor& a, const Tensor& b) const = 0;
  /// What follows the last merge (Average divides).
  virtual Tensor finish(const Tensor& merged, std::size_t inputs) const;
  /// Merges inputs of one rank, at least one of which has a mask: bool, of the input's shape, not defined
  /// where there is none. The base class does not look at them.
  virtual Tensor merge_masked(const Tensors& inputs, const Tensors& masks) const;
  /// Each input merged with what the ones before it gave.
  Tensor merge_in_order(const Tensors& inputs) const;

  void build_all(const Shapes& input_shapes) override;
  Tensors call_all(const Tensors& inputs, const CallContext& context) override;
  Shapes compute_output_shapes(const Shapes& input_shapes) override;
  /// A step counts if it counts in any input; no mask unless all inputs have one.
  Tensors compute_masks(const Tensors& inputs, const Tensors& masks) override;
};

class AddLayer : public MergeLayer {
 public:
  explicit AddLayer(Options options) : MergeLayer("Add", std::move(options)) {}

 protected:
  Tensor merge(const Tensor& a, const Tensor& b) const override;
};

class SubtractLayer : public MergeLayer {
 public:
  explicit SubtractLayer(Options options) : MergeLayer("Subtract", std::move(options)) {}

 protected:
  Tensor merge(const Tensor& a, const Tensor& b) const override;
  /// @throws ValueError if there are not exactly two inputs.
  void build_all(const Shapes& input_shapes) override;
};

class MultiplyLayer : public MergeLayer {
 public:
  explicit MultiplyLayer(Options options) : MergeLayer("Multiply", std::move(options)) {}

 protected:
  Tensor merge(const Tensor& a, const Tensor& b) const override;
  /// What does not count is a factor of 1; where nothing counts, the product is 0.
  Tensor merge_masked(const Tensors& inputs, const Tensors& masks) const override;
};

class AverageLayer : public MergeLayer {
 public:
  explicit AverageLayer(Options options) : MergeLayer("Average", std::move(options)) {}

 protected:
  Tensor merge(const Tensor& a, const Tensor& b) const override;
  Tensor finish(const Tensor& merged, std::size_t inputs) const override;
};

/// Maximum and Minimum: what does not count gives way to the other input.
class ExtremeLayer : public MergeLayer {
 protected:
  using MergeLayer::MergeLayer;
  Tensor merge_masked(const Tensors& inputs, const Tensors& masks) const override;
};

class MaximumLayer : public ExtremeLayer {
 public:
  explicit MaximumLayer(Options options) : ExtremeLayer("Maximum", std::move(options)) {}

 protected:
  Tensor merge(const Tensor& a, const Tensor& b) const override;
};

class MinimumLayer : public ExtremeLayer {
 public:
  explicit MinimumLayer(Options options) : ExtremeLayer("Minimum", std::move(options)) {}

 protected:
  Tensor merge(const Tensor& a, const Tensor& b) const override;
};

namespace layers {
using Add = Ref<AddLayer>;
using Subtract = Ref<SubtractLayer>;
using Multiply = Ref<MultiplyLayer>;
using Average = Ref<AverageLayer>;
using Maximum = Ref<MaximumLayer>;
using Minimum = Ref<MinimumLayer>;
}  // namespace layers

}  // namespace sepal
