// The graph that `predict` runs: the calls of a model, nested models taken apart, with the weights' values in
// the calls and what only training needs left out. `fuse` (frozen_fusion.h) makes it smaller, FrozenPlan
// (frozen_plan.h) runs it. Not a public header.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sepal/layers/layer.h"
#include "sepal/models/frozen_activation.h"
#include "sepal/ops/conv.h"
#include "sepal/ops/pooling.h"

namespace sepal {
class ModelBase;
class SequentialModel;
}  // namespace sepal

namespace sepal::frozen {

/// What a call computes, as far as the plan knows it. Everything is float32.

/// Weights as a kernel reads them.
struct PackedWeights;

/// Of a BatchNormalization with its stored statistics, (channels,) each: (x - mean) scale + shift.
struct Statistics {
  Tensor mean, scale, shift;
};

/// Conv2D, DepthwiseConv2D, SeparableConv2D or Dense, then bias, then (with `adds`) the second input, then
/// the activation. In a separable one a bias and an activation may also follow the depthwise step. What is
/// folded into a kernel waits until the kernel is packed, so that there is one such copy at a time.
struct Convolution {
  enum class Kind { conv, depthwise, separable, dense };
  Kind kind = Kind::conv;
  Tensor depthwise = {};                            // of depthwise and separable
  Tensor kernel = {};                               // of all but depthwise
  Tensor bias = {};                                 // not defined: none
  std::optional<Statistics> folded = {};            // what follows the kernel, or the depthwise one alone
  std::optional<Statistics> depthwise_folded = {};  // what follows the depthwise step of a separable one
  Tensor depthwise_bias = {};
  Activation depthwise_activation = {};
  ops::Conv2DOptions options = {};
  /// Zeros around the image besides those of `options`: top, bottom, left, right.
  std::array<std::int64_t, 4> zeros = {};
  bool adds = false;
  Activation activation = {};
  /// Channels of the Concatenation in whose result this one's lies; 0: it lies alone.
  std::int64_t joined_channels = 0;
  /// For kernels that take packed weights; then the tensors above are gone.
  std::shared_ptr<const PackedWeights> packed = {};
  Shape depthwise_shape = {}, kernel_shape = {};
};

struct Normalization {
  Statistics statistics;
  int axis = -1;
  Activation activation = {};
};

/// The activation alone.
struct Elementwise {
  Activation activation;
  bool operator==(const Elementwise&) const = default;
};

/// Inputs joined from left to right, broadcast behind the batch axis, then the activation.
struct Merge {
  enum class Kind { add, subtract, multiply, average, maximum, minimum };
  Kind kind = Kind::add;
  Activation activation = {};
};

/// Inputs side by side, then the activation, a clamp.
struct Concatenation {
  std::int64_t axis = -1;
  Activation activation = {};
  /// By input: whether its convolution writes it where it belongs. Empty: none does.
  std::vector<bool> is_written = {};
};

struct Pooling {
  bool takes_maximum = false;
  ops::Pool2DOptions options = {};
  bool operator==(const Pooling&) const = default;
};

/// The mean over the pixels of each channel.
struct GlobalAverage {
  bool channels_first = false;
};

/// Zeros around the two spatial axes, or what is cut off of them (below zero): top, bottom, left, right.
struct Frame {
  std::array<std::int64_t, 4> cells = {};
  bool channels_first = false;
  bool operator==(const Frame&) const = default;
};

/// The same elements in another shape.
struct View {
  bool operator==(const View&) const = default;
};

/// Softmax over the last axis.
struct Softmax {};

/// What the plan does not know: the layer's own call.
struct Call {
  std::shared_ptr<Layer> layer;
};

using Work = std::variant<Convolution, Normalization, Elementwise, Merge, Concatenation, Pooling,
                          GlobalAverage, Frame, View, Softmax, Call>;

/// Values have numbers. A node stands after the nodes it reads.
struct Node {
  Work work;
  std::vector<std::size_t> inputs;
  std::vector<std::size_t> outputs;
  std::string label;  // the layers in it, for the trace
};

/// What is known of a value before the batch is.
struct Value {
  DType dtype = DType::float32;
  Shape shape;
};

/// From which values a layer of the model made which: tells the shapes of all values for a batch.
struct ShapeRule {
  std::shared_ptr<Layer> layer;
  std::vector<std::size_t> inputs;
  std::vector<std::size_t> outputs;
};

struct Graph {
  std::vector<Value> values;
  std::vector<std::size_t> inputs;
  std::vector<std::size_t> outputs;
  std::vector<Node> nodes;
  std::vector<ShapeRule> shape_rules;
  /// Values that no layer made alone, and the value whose shape each has.
  std::vector<std::pair<std::size_t, std::size_t>> same_shapes;
};

/// A Sequential that was looked into, and the revision that it had.
struct Revision {
  const SequentialModel* model;
  std::uint64_t number;
};

/// Nothing if the model has masks or is not built. `revisions` gets every Sequential that decided the result,
/// outer ones first.
std::optional<Graph> graph_of(const ModelBase& model, std::vector<Revision>& revisions);

}  // namespace sepal::frozen
