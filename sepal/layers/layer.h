// Layer: the contract that every layer and model keeps (keras.layers.Layer).
//
// A layer of one's own derives from Layer, gives it the name of its class, and overrides `call` and, as
// needed, `build`, `compute_output_shape` and `put_config`. Users hold layers by Ref (layers/ref.h).
//
// The mechanisms stand apart: layer.cpp calls, layer_weights.cpp, layer_losses.cpp, layer_nodes.cpp,
// layer_masks.cpp. docs/contract.md lists every member beside TensorFlow 1.4, tf.keras 2 and Keras 3.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sepal/base/config.h"
#include "sepal/base/one_or_more.h"
#include "sepal/base/tensor.h"
#include "sepal/graph/keras_tensor.h"
#include "sepal/graph/operation.h"
#include "sepal/layers/added_loss.h"
#include "sepal/layers/call_losses.h"
#include "sepal/layers/conditional_list.h"
#include "sepal/layers/dtype_policy.h"
#include "sepal/layers/input_spec.h"
#include "sepal/layers/layer_arguments.h"
#include "sepal/weights/autocast_scope.h"
#include "sepal/weights/variable.h"

namespace sepal {

class Layer : public Operation {
 public:
  /// `class_name`: the class's name in configs ("SeparableConv2D"), and in snake case the layer's name if
  /// none is given.
  /// @throws ValueError if the name contains '/'; what DTypePolicy::resolve throws.
  explicit Layer(std::string class_name, LayerArguments arguments = {});

  const std::string& class_name() const { return class_name_; }
  /// The Python module that files name for a class of Keras that is not in keras.layers
  /// ("keras.src.ops.numpy"); empty for all others.
  virtual std::string_view keras_module() const { return {}; }

  // ---- Calling (Keras: `__call__`, `apply`, `build`, `call`, `compute_output_shape`) ----

  /// Checks the inputs, builds the layer if needed, casts float inputs to the compute dtype, runs `call_all`,
  /// adds the activity loss and hands on the masks.
  /// @throws ValueError in Keras's words if an input does not fit the layer; TypeError if an input has a mask
  /// and the layer does not support one.
  Tensors operator()(const Tensors& inputs, CallOptions options = {});
  Tensor operator()(const Tensor& input, CallOptions options = {});
  /// As above inside of another layer's call: losses go to the caller's context.
  Tensors call_within(const Tensors& inputs, const CallContext& context);
  /// Records a call on symbolic tensors. `list_input`: the user gave a list.
  KerasTensors operator()(const KerasTensors& inputs, bool list_input = true);

  /// Other names of a call.
  Tensor apply(const Tensor& input, CallOptions options = {}) { return (*this)(input, std::move(options)); }
  KerasTensor apply(const KerasTensor& input);

  /// Makes the weights for inputs of these shapes (batch axis included); does nothing when already built for
  /// them. (`build` itself is what a layer of one's own overrides.)
  /// @throws ValueError if the layer is built for other shapes, or these do not fit it; then it stays as it
  /// was.
  void build_for(const Shapes& input_shapes);
  void build_for(std::initializer_list<std::int64_t> input_shape) { build_for(Shapes{Shape(input_shape)}); }

  /// The computation alone: nothing is checked, built, cast or recorded.
  /// @throws RuntimeError if the layer is not built.
  Tensor call_built(const Tensor& input, CallOptions options = {});

  /// Shapes of the outputs for inputs of these shapes; axes may be kNone. The layer need not be built.
  /// @throws ValueError if they do not fit the layer.
  Shapes output_shapes_for(const Shapes& input_shapes);

  /// What the first call or build finds: see LayerKeywords.
  void set_keywords(LayerKeywords keywords);
  /// The shape of the first input as the constructor was told it, if it was.
  const std::optional<Shape>& batch_input_shape() const { return keywords_.batch_input_shape; }

  // ---- State ----

  bool built() const { return built_; }
  /// Of variables (Keras calls it `dtype`, too), and of the computation and its results.
  DType variable_dtype() const { return variable_dtype_; }
  DType dtype() const { return variable_dtype_; }
  DType compute_dtype() const { return compute_dtype_; }
  const DTypePolicy& dtype_policy() const { return dtype_policy_; }
  /// Whether float inputs and variables are cast to the compute dtype; otherwise `call` sees them as they
  /// are.
  bool autocast() const { return autocast_; }
  void set_autocast(bool autocast) { autocast_ = autocast; }
  bool trainable() const { return trainable_; }
  /// Applies to the layer's own weights and to every layer inside.
  virtual void set_trainable(bool trainable);
  /// One per input; empty: anything goes.
  const std::vector<InputSpec>& input_spec() const { return input_spec_; }
  /// The session the layer was made in (base/naming.h).
  /// @throws RuntimeError in eager mode.
  std::uint64_t graph() const;
  /// The name of the layer's variable scope in TensorFlow 1.4: counted apart from the names of layers, by
  /// first use.
  /// @throws ValueError if the layer was neither built nor called.
  const std::string& scope_name() const;
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
  virtual std::vector<Variable> own_weights() const;
  /// Layers inside of this one, in the order of a file.
  virtual std::vector<std::shared_ptr<Layer>> sublayers() const { return {}; }
  /// Those of them that a file keeps under an attribute of their own (a wrapper's `layer`), not in a list.
  virtual std::vector<std::pair<std::string, std::shared_ptr<Layer>>> attribute_sublayers() const {
    return {};
  }
  /// Variables that are state but no weights (a dropout's seed): attribute name and its variables.
  virtual std::vector<std::pair<std::string, std::vector<Variable>>> state_variables() const { return {}; }

  /// As Keras also calls them.
  std::vector<Variable> variables() const { return weights(); }
  std::vector<Variable> trainable_variables() const { return trainable_weights(); }
  std::vector<Variable> non_trainable_variables() const { return non_trainable_weights(); }

  /// A new weight, its value drawn from the initializer; the one that exists if the layer has one of this
  /// name, shape and dtype.
  /// @throws ValueError if the layer has one of this name and another shape or dtype; RuntimeError for a
  /// regularizer in eager mode.
  Variable add_weight(WeightOptions options);
  /// The same with the name in front.
  Variable add_variable(std::string name, Shape shape, WeightOptions options = {});

  // ---- Losses and updates (in eager mode all but add_update throw RuntimeError) ----

  /// Penalties of the weights' regularizers, one for each weight that has one, made anew at each read (inside
  /// of a tape they are differentiable), here and in the layers inside. A frozen weight has none, except
  /// under Compatibility::tf14.
  Tensors regularization_losses() const;
  /// Regularization losses, those of add_loss, and those of the last call outside of any other layer (under
  /// Compatibility::tf14: of every such call), each once.
  Tensors losses() const;
  /// Adds to what the layer, and any model it is in, is trained to make small. Inside of `call` the loss
  /// lasts until the next call.
  void add_loss(AddedLoss loss, CallInputs inputs = {});
  void add_loss(const std::vector<AddedLoss>& losses, const CallInputs& inputs = {});
  /// Those registered for, or made by a call on, exactly these inputs in this order; for none: those that
  /// depend on no input, the regularizers' among them.
  Tensors get_losses_for(const CallInputs& inputs) const;
  /// What training adds to the loss besides the losses that its own call makes: regularizers, and those of
  /// add_loss that do not belong to other data.
  Tensors standing_losses() const;

  /// Something to do after each training step of a model that the layer is in. Ignored in eager mode.
  void add_update(Update update, const CallInputs& inputs = {});
  std::vector<Update> updates() const;
  std::vector<Update> get_updates_for(const CallInputs& inputs) const;

  // ---- Nodes (in eager mode all throw RuntimeError) ----

  /// Of the only call on symbolic tensors.
  /// @throws AttributeError if there was none, or more than one.
  OneOrMore<KerasTensor> input() const;
  OneOrMore<KerasTensor> output() const;
  /// Not defined where a tensor has no mask.
  OneOrMore<KerasTensor> input_mask() const;
  OneOrMore<KerasTensor> output_mask() const;
  /// @throws AttributeError if there was no call, or calls with different shapes.
  OneOrMore<Shape> input_shape() const;
  OneOrMore<Shape> output_shape() const;
  /// Of call `node_index`, from 0.
  /// @throws RuntimeError if there was no call, ValueError if there were fewer.
  OneOrMore<KerasTensor> get_input_at(int node_index) const;
  OneOrMore<KerasTensor> get_output_at(int node_index) const;
  OneOrMore<KerasTensor> get_input_mask_at(int node_index) const;
  OneOrMore<KerasTensor> get_output_mask_at(int node_index) const;
  OneOrMore<Shape> get_input_shape_at(int node_index) const;
  OneOrMore<Shape> get_output_shape_at(int node_index) const;
  /// Calls on symbolic tensors, in order; `outbound_nodes` are the calls that read their results.
  const std::vector<CallRecord>& inbound_nodes() const { return calls(); }

  // ---- Masks ----

  /// Whether masks pass through; if not, an input with a mask is an error.
  bool supports_masking() const { return supports_masking_; }
  /// The mask of the output, given the input and its mask; not defined if there is none.
  /// @throws TypeError if the layer does not support masking and `mask` is defined.
  Tensor compute_mask(const Tensor& input, const Tensor& mask = {});
  Tensors compute_mask(const Tensors& inputs, const Tensors& masks);
  /// Drops masks that the layer does not support, as Keras 3 does; so do layers that come from a file.
  void set_drops_masks(bool drops_masks) { drops_masks_ = drops_masks; }
  bool drops_masks() const { return drops_masks_; }

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
  /// Dtypes of the outputs; the base class: the compute dtype for each.
  virtual std::vector<DType> compute_output_dtypes(const std::vector<DType>& input_dtypes,
                                                   std::size_t outputs);
  /// Whether float inputs are cast to the compute dtype before `call`.
  virtual bool casts_inputs() const { return autocast_; }

  /// The masks of the outputs, empty if none has one; the base class: those of the inputs. Called when an
  /// input has a mask or `makes_mask` says so, and only if the layer supports masking.
  virtual Tensors compute_masks(const Tensors& inputs, const Tensors& masks);
  /// The same for symbolic tensors; the base class runs `compute_masks` on small zeros.
  virtual std::vector<std::shared_ptr<const KerasTensorData>> symbolic_masks(const KerasTensors& inputs);
  /// Whether an output may have a mask although no input has (Masking, Embedding).
  virtual bool makes_mask() const { return false; }
  /// Whether `call` reads the masks: if not, giving one in CallOptions is an error.
  virtual bool takes_mask() const { return false; }

  /// Writes the layer's own arguments; name, trainable and dtype are written before it.
  virtual void put_config(Json& config) const;

  void set_input_spec(InputSpec spec) { input_spec_ = {std::move(spec)}; }
  // The scope is entered here and not by calls: several threads may call a built layer at once.
  void set_built() {
    enter_scope();
    built_ = true;
  }
  void set_supports_masking(bool supports_masking = true) { supports_masking_ = supports_masking; }

 private:
  void check_inputs(const Shapes& shapes) const;
  void maybe_build(const Shapes& shapes);
  void enter_scope();
  Tensors cast_to_compute(const Tensors& inputs) const;
  void open_autocast_scope(std::optional<AutocastScope>& scope) const;
  void check_masks(const std::string& mask) const;
  void attach_masks(const Tensors& inputs, const Tensors& masks, Tensors& outputs);
  void add_activity_losses(const Tensors& outputs, Tensors& losses) const;

  std::string class_name_;
  bool has_own_name_;
  std::string scope_name_;
  std::uint64_t session_;
  DTypePolicy dtype_policy_;
  DType variable_dtype_;
  DType compute_dtype_;
  bool autocast_;
  bool trainable_;
  bool built_ = false;
  bool supports_masking_ = false;
  bool drops_masks_ = false;
  LayerKeywords keywords_;
  Regularizer activity_regularizer_;
  std::vector<InputSpec> input_spec_;
  Shapes build_shapes_;
  std::vector<Variable> trainable_kind_;
  std::vector<Variable> non_trainable_kind_;
  ConditionalList<AddedLoss> added_losses_;
  ConditionalList<Update> updates_;
  CallLosses call_losses_;
};

}  // namespace sepal
