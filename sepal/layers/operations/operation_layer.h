// OperationLayer: a function called on symbolic tensors, as a layer of the graph. Keras 3 makes one of each
// call of an operator or a function of keras.ops on a KerasTensor (keras.Operation): `x * 0.5` becomes a node
// of an operation Multiply whose second argument is a constant.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sepal/graph/keras_modules.h"
#include "sepal/layers/layer.h"

namespace sepal {

/// Has no weights, no dtype policy and one call. Constants of the call belong to the operation; what a call
/// gets and a node knows are its tensors, in the order in which they stand among the arguments.
class OperationLayer : public Layer {
 public:
  std::string_view keras_module() const override { return module_; }
  /// The name and the operation's own arguments.
  Json get_config() const override;

  /// The arguments of the call as a config has them, {"args": […], "kwargs": {…}}; a tensor is an object of
  /// class "__keras_tensor__", whatever it says besides.
  /// @throws TypeError, ValueError or UnimplementedError naming the layer if they do not fit; RuntimeError if
  /// the call is already known.
  void set_call(const Json& call);
  /// The same with the given references in the places of the tensors.
  Json call_with(const Json& references) const;
  /// The references among the arguments of a call, in their order.
  static std::vector<const Json*> references_in(const Json& call);

 protected:
  OperationLayer(std::string module, std::string class_name, const std::string& name);

  /// Takes the positional arguments.
  virtual void read_arguments(const Json& args) = 0;
  /// Names of the call's arguments, in order, where Keras gives some of them by name; those then stand at
  /// their places among the positional ones. Tensors given by name must come in alphabetical order, as a
  /// config lists them.
  virtual std::vector<const char*> argument_names() const { return {}; }
  virtual Tensors compute(const Tensors& inputs) const = 0;
  virtual Shapes compute_shapes(const Shapes& input_shapes) const = 0;
  /// Of every output; the base class: the first input's.
  virtual DType compute_dtype(const std::vector<DType>& input_dtypes) const { return input_dtypes.at(0); }

  void build_all(const Shapes& input_shapes) override;
  Tensors call_all(const Tensors& inputs, const CallContext& context) override;
  Shapes compute_output_shapes(const Shapes& input_shapes) override;
  std::vector<DType> compute_output_dtypes(const std::vector<DType>& input_dtypes,
                                           std::size_t outputs) override;
  bool casts_inputs() const override { return false; }

  std::string owner() const;
  /// @throws TypeError unless `args` is one tensor, or with `list` one list of tensors.
  void expect_tensors_only(const Json& args, bool list = false) const;

 private:
  void expect_input_count(std::size_t count) const;
  void place(const std::string& name, const Json& value, Json& positional) const;

  std::string module_;
  std::size_t inputs_ = 0;
  std::shared_ptr<const Json> call_;  // a pointer, because the header only knows the name of Json
};

/// Whether an argument in a config is a tensor.
bool is_tensor_reference(const Json& argument);

/// @throws TypeError saying how many operands a call of this class takes.
[[noreturn]] void throw_operand_count(const std::string& owner, const std::string& class_name,
                                      std::size_t least, std::size_t most);

/// Calls the operation: `arguments` as in set_call.
KerasTensor call_operation(const std::shared_ptr<OperationLayer>& operation, const Json& call,
                           const KerasTensors& inputs);

}  // namespace sepal
