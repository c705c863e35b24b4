// ActivationFunction: the `activation` argument of a layer (keras.activations.get).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sepal/base/config.h"
#include "sepal/base/tensor.h"
#include "sepal/layers/ref.h"

namespace sepal {

/// None (linear), a Keras name ("relu"), a callable, or a layer object (LeakyReLU).
class ActivationFunction {
 public:
  using Function = std::function<Tensor(const Tensor&)>;

  ActivationFunction() = default;
  ActivationFunction(std::nullptr_t) {}  // NOLINT: None
  /// @throws ValueError if no activation has this name.
  ActivationFunction(const char* name) : ActivationFunction(std::string(name)) {}  // NOLINT
  ActivationFunction(const std::string& name);                                     // NOLINT
  /// A function of the user's own; a layer that has it cannot be saved.
  ActivationFunction(Function function) : function_(std::move(function)), name_() {}                 // NOLINT
  ActivationFunction(Tensor (*function)(const Tensor&)) : ActivationFunction(Function(function)) {}  // NOLINT
  ActivationFunction(Ref<Layer> layer);                                                              // NOLINT

  /// x itself when linear.
  Tensor operator()(const Tensor& x) const { return function_ ? function_(x) : x; }

  bool is_linear() const { return !function_; }
  /// The Keras name; empty for a callable without one.
  const std::string& name() const { return name_; }
  const std::shared_ptr<Layer>& layer() const { return layer_; }

 private:
  Function function_;
  std::string name_ = "linear";
  std::shared_ptr<Layer> layer_;
};

/// Adds a name that strings and files may use.
void register_activation(const std::string& name, ActivationFunction::Function function);

/// A bare name, or the envelope of a layer.
/// @throws ValueError for a callable without a name.
void config_put(Json& out, const char* key, const ActivationFunction& activation);
void config_get(const Json& in, const ConfigField& field, ActivationFunction& activation);

}  // namespace sepal
