// Layer: the contract that every layer and model keeps (keras.layers.Layer).
//
// A layer of one's own derives from Layer, gives it the name of its class, and overrides `call` and, as
// needed, `build`, `compute_output_shape` and `put_config`. Users hold layers by Ref (layers/ref.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sepal/base/config.h"
#include "sepal/base/tensor.h"
#include "sepal/graph/keras_tensor.h"
#include "sepal/graph/operation.h"
#include "sepal/layers/dtype_policy.h"
#include "sepal/layers/input_spec.h"
#include "sepal/weights/constraint.h"
#include "sepal/weights/initializer.h"
#include "sepal/weights/regularizer.h"
#include "sepal/weights/variable.h"

namespace sepal {

/// What every layer's constructor takes.
struct LayerArguments {
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};
  Regularizer activity_regularizer = nullptr;
};

/// What a call is told besides its inputs.
struct CallOptions {
  /// Whether the layer behaves as in training (Dropout drops, BatchNormalization uses the batch).
  bool training = false;
};

/// What `call` is told: the options, and where losses made by the call go.
struct CallContext {
  bool training = false;
  /// Losses of this call (activity regularizers, add_loss inside of `call`); never null inside of `call`.
  Tensors* losses = nullptr;
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
};

class Layer : public Operation {
 public:
  /// `class_name`: the class's name in configs ("SeparableConv2D"), and in snake case the layer's name if
  /// none is given.
  /// @throws ValueError if the name contains '/'; what DTypePolicy::resolve throws.
  explicit Layer(std::string class_name, LayerArguments arguments = {});

  const std::string& class_name() const { return class_name_; }

  // ---- Calling ----

  /// Checks the inputs, builds the layer if needed, casts float inputs to the layer's dtype and runs
  /// `call_all`.
  /// @throws ValueError in Keras's words if an input does not fit the layer.
  Tensors operator()(const Tensors& inputs, CallOptions options = {});
  Tensor operator()(const Tensor& input, CallOptions options = {});
  /// As above inside of another layer's call: losses go to the caller's context.
  Tensors call_within(const Tensors& inputs, const CallContext& context);
  /// Records a call on symbolic tensors. `list_input`: the user gave a list.
  KerasTensors operator()(const KerasTensors& inputs, bool list_input = true);

  /// Makes the weights for inputs of these shapes (batch axis included). Does nothing when already built for
  /// them.
  void build_for(const Shapes& input_shapes);

  /// Shapes of the outputs for inputs of these shapes; axes may be kNone.
  Shapes output_shapes_for(const Shapes& input_shapes) { return compute_output_shapes(input_shapes); }

  // ---- State ----

  bool built() const { return built_; }
  /// Dtype of variables and of computation.
  DType dtype() const { return dtype_; }
  const DTypePolicy& dtype_policy() const { return dtype_policy_; }
  bool trainable() const { return trainable_; }
  /// Applies to the layer's own weights and to every layer inside.
  virtual void set_trainable(bool trainable);
  /// One per input; empty: anything goes.
  const std::vector<InputSpec>& input_spec() const { return input_spec_; }
  const Regularizer& activity_regularizer() const { return activity_regularizer_; }
  void set_activity_regularizer(Regularizer regularizer) { activity_regularizer_ = std::move(regularizer); }

  // ---- Weights ----

  /// The layer's own (those made trainable first, in the order of their creation), then those of the layers
  /// inside.
  std::vector<Variable> weights() const;
  std::vector<Variable> trainable_weights() const;
  std::vector<Variable> non_trainable_weights() const;
  /// Copies, in the order of `weights`.
  Tensors get_weights() const;
  /// @throws ValueError if the number or a shape differs; then nothing has changed.
  void set_weights(const Tensors& values);
  /// Elements of all weights.
  /// @throws ValueError if the layer is not built.
  std::int64_t count_params() const;
  /// Weights of this layer alone, as a file stores them.
  std::vector<Variable> own_weights() const;
  /// Layers inside of this one, in the order of a file.
  virtual std::vector<std::shared_ptr<Layer>> sublayers() const { return {}; }
  /// Variables that are state but no weights (a dropout's seed): attribute name and its variables.
  virtual std::vector<std::pair<std::string, std::vector<Variable>>> state_variables() const { return {}; }

  // ---- Losses ----

  /// Penalties of the weights' regularizers, one for each trainable weight that has one, made anew at each
  /// read (inside of a tape they are differentiable), here and in the layers inside.
  Tensors regularization_losses() const;
  /// Regularization losses and what the last call outside of any other layer left.
  Tensors losses() const;

  // ---- Nodes ----

  /// @throws AttributeError if the layer was never called on a KerasTensor, or more than once.
  KerasTensor input() const;
  KerasTensor output() const;

  // ---- Config ----

  /// The arguments that make a layer like this one, as Keras 3 writes them.
  virtual Json get_config() const;
  /// The shapes that `build` was called with.
  const Shapes& build_shapes() const { return build_shapes_; }

 protected:
  /// One input: what most layers override. `input_shape` has the batch axis.
  virtual void build(const Shape& input_shape);
  virtual Tensor call(const Tensor& input, const CallContext& context);
  /// The base class finds the shape by running `call` on small zero tensors.
  virtual Shape compute_output_shape(const Shape& input_shape);

  /// Several inputs or outputs: what merging layers and models override. The base class takes exactly one
  /// input.
  virtual void build_all(const Shapes& input_shapes);
  virtual Tensors call_all(const Tensors& inputs, const CallContext& context);
  virtual Shapes compute_output_shapes(const Shapes& input_shapes);
  /// Dtypes of the outputs; the base class: the layer's dtype for each.
  virtual std::vector<DType> compute_output_dtypes(const std::vector<DType>& input_dtypes,
                                                   std::size_t outputs);
  /// Whether float inputs are cast to the layer's dtype before `call`.
  virtual bool casts_inputs() const { return true; }

  /// Writes the layer's own arguments; name, trainable and dtype are written before it.
  virtual void put_config(Json& config) const;

  /// A new weight, its value drawn from the initializer.
  Variable add_weight(WeightOptions options);

  void set_input_spec(InputSpec spec) { input_spec_ = {std::move(spec)}; }
  void set_built() { built_ = true; }

 private:
  void check_inputs(const Shapes& shapes) const;
  void maybe_build(const Shapes& shapes);

  std::string class_name_;
  DTypePolicy dtype_policy_;
  DType dtype_;
  bool trainable_;
  bool built_ = false;
  Regularizer activity_regularizer_;
  std::vector<InputSpec> input_spec_;
  Shapes build_shapes_;
  std::vector<Variable> trainable_kind_;
  std::vector<Variable> non_trainable_kind_;
  Tensors last_call_losses_;
};

}  // namespace sepal
