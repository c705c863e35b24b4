// ActivationFunction: the `activation` argument of a layer (keras.activations.get).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sepal/base/config.h"
#include "sepal/base/tensor.h"
#include "sepal/layers/ref.h"
#include "sepal/weights/config_function.h"

namespace sepal {

/// None (linear), a name of Keras 3 ("relu") or one that is registered, a callable, or a layer object
/// (LeakyReLU).
///
/// "hard_sigmoid" is relu6(x + 3) / 6, as in Keras 3; with Compatibility::tf14 it is clip(0.2 x + 0.5, 0, 1),
/// as it was in Keras 1 and 2, whose files are read that way. That form is "keras2_hard_sigmoid" here. Keras
/// 3 has no name for it, so configs call it a function of the package "sepal": Keras 3 refuses to read that
/// rather than to compute something else, unless a function is registered for it there.
class ActivationFunction {
 public:
  using Function = std::function<Tensor(const Tensor&)>;

  ActivationFunction() = default;
  ActivationFunction(std::nullptr_t) {}  // NOLINT: None
  /// @throws ValueError if no activation has this name, and for "threshold", which Keras lists but which
  /// needs arguments.
  ActivationFunction(const char* name) : ActivationFunction(std::string(name)) {}  // NOLINT
  ActivationFunction(const std::string& name);                                     // NOLINT
  /// A config object: a name, or the envelope of a layer or of a registered function.
  /// @throws ValueError as above.
  template <std::same_as<Json> Object>
  ActivationFunction(const Object& identifier) {  // NOLINT
    config_get(identifier, {"activation", "identifier"}, *this);
  }
  /// A function of the user's own; a layer that has it cannot be saved.
  template <class F>
  requires(!std::is_convertible_v<F, Ref<Layer>> && !std::is_base_of_v<ActivationFunction, F> &&
           std::is_invocable_r_v<Tensor, const F&, const Tensor&>) ActivationFunction(F function)  // NOLINT
      : function_(std::move(function)), name_() {}
  template <class L>
  ActivationFunction(const Ref<L>& layer) : ActivationFunction(layer.shared(), layer->name()) {}  // NOLINT

  /// x itself when linear.
  Tensor operator()(const Tensor& x) const { return function_ ? function_(x) : x; }

  bool is_linear() const { return !function_; }
  /// The Keras name ("silu", also if it was given as "swish"); empty for a callable without one.
  const std::string& name() const { return name_; }
  /// "package>name" for what is not Keras's, else empty.
  const std::string& registered_name() const { return registered_name_; }
  const std::shared_ptr<Layer>& layer() const { return layer_; }

 private:
  friend void config_get(const Json& in, const ConfigField& field, ActivationFunction& activation);
  ActivationFunction(std::shared_ptr<Layer> layer, const std::string& name);

  Function function_;
  std::string name_ = "linear";
  std::string registered_name_;
  std::shared_ptr<Layer> layer_;
};

/// Makes a function of one's own known to strings and to files, which call it "package>name".
void register_activation(const std::string& name, ActivationFunction::Function function,
                         const std::string& package = kDefaultPackage);

/// A bare name for Keras's own, the envelope of a function for others, or the envelope of a layer.
/// @throws ValueError for a callable without a name, and where TensorFlow 1.4 (if its forms are asked for)
/// has no name of the same meaning.
void config_put(Json& out, const char* key, const ActivationFunction& activation);
/// A name, null, or the envelope of a function or of a layer.
void config_get(const Json& in, const ConfigField& field, ActivationFunction& activation);

}  // namespace sepal
