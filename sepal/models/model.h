// Model: a layer made of layers that can be trained, evaluated and saved (keras.Model).
#pragma once

#include <initializer_list>
#include <string>
#include <variant>
#include <vector>

#include "sepal/graph/topology.h"
#include "sepal/layers/core/input_layer.h"
#include "sepal/layers/layer.h"
#include "sepal/layers/ref.h"
#include "sepal/models/training.h"

namespace sepal {

struct SummaryOptions {
  /// Characters; 0: 88 for a chain of layers, 108 with a "Connected to" column.
  int line_length = 0;
  /// Also the layers inside of nested models.
  bool expand_nested = false;
  /// A column that says which layers learn.
  bool show_trainable = false;
};

struct LoadWeightsOptions {
  /// Only layers whose name the file has get weights; for legacy `.h5` files.
  bool by_name = false;
  /// Layers whose weights have another number or shape keep theirs.
  bool skip_mismatch = false;
  /// Gets a line for each thing that was left out; nullptr: they go to standard error.
  std::vector<std::string>* notes = nullptr;
};

/// What functional models and Sequential have in common. Training: models/training.h.
class ModelBase : public Layer, public Trainer {
 public:
  /// Layers in Keras's order. A Sequential does not count its input.
  virtual std::vector<Ref<Layer>> layers() const = 0;
  /// @throws ValueError if there is no such layer.
  Ref<Layer> get_layer(const std::string& name) const;
  Ref<Layer> get_layer(std::size_t index) const;

  /// Symbolic inputs and outputs; empty as long as a Sequential is not built.
  virtual KerasTensors inputs() const = 0;
  virtual KerasTensors outputs() const = 0;

  /// The model's own inputs and outputs, however often it was called itself, and their shapes.
  /// @throws AttributeError if a Sequential is not built; RuntimeError in eager mode.
  OneOrMore<KerasTensor> input() const;
  OneOrMore<KerasTensor> output() const;
  OneOrMore<Shape> input_shape() const;
  OneOrMore<Shape> output_shape() const;

  /// The table that Keras prints: layers, output shapes, parameters.
  /// @throws ValueError if the model is not built.
  std::string summary(SummaryOptions options = {}) const;

  /// The envelope {"module", "class_name", "config", "registered_name", "build_config"} of the model, without
  /// "compile_config" (see Trainer::get_compile_config). `from_envelope` is its reverse.
  Json to_envelope() const;
  static std::shared_ptr<ModelBase> from_envelope(const Json& envelope);

  /// Writes a Keras 3 archive with architecture, weights and, if compiled, the optimizer's state. An existing
  /// file is replaced only when the new one is complete.
  /// @throws ValueError if something cannot be saved, OSError if the file cannot be written.
  void save(const std::string& path) const override;

  /// Writes the weights alone, in the layout of Keras 3's `.weights.h5`.
  void save_weights(const std::string& path) const override;
  /// Reads such a file, or a legacy `.h5`. All shapes are checked before anything changes.
  /// @throws ValueError naming the file, the layer and the weight.
  void load_weights(const std::string& path, LoadWeightsOptions options = {});

  /// The envelope and what `compile` was given, as text (`model_from_json`, saving/load_model.h).
  std::string to_json() const;

  std::vector<std::shared_ptr<Layer>> sublayers() const override;

  /// Makes the weights for an input of this shape (batch axis included).
  void build(const Shape& input_shape) override { build_for(Shapes{input_shape}); }

 protected:
  explicit ModelBase(std::string class_name, LayerArguments arguments = {});
  ModelBase& model() override { return *this; }
  Tensors current_weights() const override { return get_weights(); }
  void restore_weights(const Tensors& weights) override { set_weights(weights); }
  Tensors inputs_for_call(const Tensors& inputs) const override { return inputs; }
  bool casts_inputs() const override { return false; }
  // A model's outputs carry the masks that its layers made.
  Tensors compute_masks(const Tensors& inputs, const Tensors& masks) override;
  std::vector<std::shared_ptr<const KerasTensorData>> symbolic_masks(const KerasTensors& inputs) override;
};

/// How the user handed over inputs or outputs: one tensor, a list, or by name.
struct TensorStructure {
  enum class Kind { single, list, dictionary };
  Kind kind = Kind::list;
  std::vector<std::string> keys = {};  // of a dictionary, sorted as the tensors are
};

struct FunctionalOptions {
  std::string name = {};
  bool trainable = true;
  TensorStructure inputs = {};
  TensorStructure outputs = {};
};

/// A model made of calls on symbolic tensors (keras.Model(inputs, outputs)).
class FunctionalModel : public ModelBase {
 public:
  /// @throws ValueError if the outputs do not follow from the inputs (graph/topology.h).
  FunctionalModel(KerasTensors inputs, KerasTensors outputs, FunctionalOptions options);

  std::vector<Ref<Layer>> layers() const override;
  KerasTensors inputs() const override;
  KerasTensors outputs() const override;
  Json get_config() const override;
  static std::shared_ptr<Layer> from_config(const Json& config, const std::string& owner);

  const Topology& topology() const { return topology_; }
  const TensorStructure& input_structure() const { return options_.inputs; }
  const TensorStructure& output_structure() const { return options_.outputs; }

 protected:
  void build_all(const Shapes& input_shapes) override;
  Tensors call_all(const Tensors& inputs, const CallContext& context) override;
  Tensors inputs_for_call(const Tensors& inputs) const override { return converted(inputs); }
  Shapes compute_output_shapes(const Shapes& input_shapes) override;
  std::vector<DType> compute_output_dtypes(const std::vector<DType>& input_dtypes,
                                           std::size_t outputs) override;

 private:
  // One call in the order of execution. Slots number the values of a run.
  struct Step {
    Layer* layer;
    std::vector<std::size_t> inputs;
    std::vector<std::size_t> outputs;
    std::vector<std::size_t> last_uses;  // slots that no later step reads
    /// The only step that reads the result, if the two may be one (joined_calls.h); else null.
    const Step* joined = nullptr;
  };
  void plan_steps();
  void plan_joins();
  bool run_joined(const Step& step, Tensors& values, const CallContext& context) const;
  Tensors converted(const Tensors& inputs) const;

  FunctionalOptions options_;
  Topology topology_;
  std::vector<Step> steps_;
  std::vector<std::size_t> input_slots_;
  std::vector<std::size_t> output_slots_;
  std::size_t slots_ = 0;
};

/// What a Sequential is made of: layers, and at its start possibly an Input.
using SequentialItem = std::variant<Ref<Layer>, KerasTensor>;

struct SequentialOptions {
  std::vector<SequentialItem> layers = {};
  std::string name = {};
  bool trainable = true;
};

/// A chain of layers with one input and one output (keras.Sequential). Built at once if it begins with an
/// Input, else with the shape of the first data.
class SequentialModel : public ModelBase {
 public:
  using Options = SequentialOptions;
  explicit SequentialModel(Options options);

  /// @throws ValueError if another layer has this name, or an Input does not come first.
  void add(SequentialItem item);
  /// Removes the last layer.
  /// @throws ValueError if there is none.
  void pop();
  /// Changes whenever the layers or what they are connected with may have changed: for what is made from
  /// them.
  std::uint64_t revision() const { return revision_; }

  std::vector<Ref<Layer>> layers() const override;
  KerasTensors inputs() const override;
  KerasTensors outputs() const override;
  Json get_config() const override;
  static std::shared_ptr<Layer> from_config(const Json& config, const std::string& owner);

 protected:
  void build_all(const Shapes& input_shapes) override;
  Tensors call_all(const Tensors& inputs, const CallContext& context) override;
  Shapes compute_output_shapes(const Shapes& input_shapes) override;

 private:
  void connect(const KerasTensor& input);

  std::uint64_t revision_ = 0;
  std::vector<Ref<Layer>> layers_;
  KerasTensor input_;
  std::vector<KerasTensors> layer_outputs_;  // of each layer, as far as the input is known
};

/// Handle of any model.
class Model : public Ref<ModelBase> {
 public:
  Model(std::nullptr_t) : Ref(nullptr) {}  // NOLINT
  explicit Model(std::shared_ptr<ModelBase> model) : Ref(std::move(model)) {}
  template <std::derived_from<ModelBase> M>
  Model(const Ref<M>& model) : Ref(std::shared_ptr<ModelBase>(model.shared())) {}  // NOLINT

  /// A functional model.
  Model(const KerasTensor& input, const KerasTensor& output, const std::string& name = {});
  Model(const KerasTensors& inputs, const KerasTensor& output, const std::string& name = {});
  Model(const KerasTensor& input, const KerasTensors& outputs, const std::string& name = {});
  Model(const KerasTensors& inputs, const KerasTensors& outputs, const std::string& name = {});
};

/// Handle of a Sequential: `Sequential({Input({.shape = {4}}), layers::Dense({.units = 3})})`.
class Sequential : public Ref<SequentialModel> {
 public:
  Sequential(std::initializer_list<SequentialItem> layers, const std::string& name = {});
  explicit Sequential(const std::string& name = {});
  explicit Sequential(std::shared_ptr<SequentialModel> model) : Ref(std::move(model)) {}
};

}  // namespace sepal
