// What constructors, calls and weights of layers are told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sepal/base/shape.h"
#include "sepal/base/tensor.h"
#include "sepal/layers/dtype_policy.h"
#include "sepal/weights/constraint.h"
#include "sepal/weights/initializer.h"
#include "sepal/weights/regularizer.h"

namespace sepal {

/// What every layer's constructor takes.
struct LayerArguments {
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};
  Regularizer activity_regularizer = nullptr;
  /// Whether float inputs are cast to the policy's compute dtype.
  bool autocast = true;
};

/// What any layer may be given besides the arguments of its class (Keras: `**kwargs` of the constructor).
///
///   layers::Dense({.units = 3}, {.input_shape = {{5}}, .weights = {kernel, bias}})
struct LayerKeywords {
  /// Without the batch axis: a Sequential that begins with this layer makes its input of it.
  std::optional<Shape> input_shape = {};
  std::int64_t batch_size = kNone;
  /// With the batch axis; goes before `input_shape`.
  std::optional<Shape> batch_input_shape = {};
  /// First values, set when the weights are created.
  Tensors weights = {};
};

/// What a call is told besides its inputs.
struct CallOptions {
  /// Whether the layer behaves as in training (Dropout drops, BatchNormalization uses the batch).
  bool training = false;
  /// Instead of the mask that comes with the first input.
  Tensor mask = {};
};

/// What `call` is told: the options, and where losses made by the call go.
struct CallContext {
  bool training = false;
  /// Losses of this call (activity regularizers, add_loss inside of `call`); never null inside of `call`.
  Tensors* losses = nullptr;
  /// The masks of the inputs, not defined where an input has none; empty if none has one.
  Tensors masks = {};

  /// Of input `i`; not defined if there is none.
  Tensor mask(std::size_t i = 0) const { return i < masks.size() ? masks[i] : Tensor(); }
};

/// What `add_weight` takes, in Keras's order.
struct WeightOptions {
  Shape shape = {};
  /// None: glorot_uniform for floats.
  Initializer initializer = nullptr;
  bool trainable = true;
  std::string name = {};
  Regularizer regularizer = nullptr;
  Constraint constraint = nullptr;
  /// Not given: the layer's own.
  std::optional<DType> dtype = {};
  /// Whether the layer reads it in its compute dtype.
  bool autocast = true;
};

}  // namespace sepal
