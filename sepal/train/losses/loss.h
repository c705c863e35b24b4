// Loss: from targets and predictions to the number that training makes small (keras.losses.Loss).
//
//   .loss = "mse"
//   .loss = losses::SparseCategoricalCrossentropy({.from_logits = true})
//   .loss = [](const Tensor& y_true, const Tensor& y_pred) { return ops::mean(…, {{-1}}); }
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "sepal/train/losses/loss_values.h"
#include "sepal/weights/config_function.h"

namespace sepal {

/// The formula of a loss: one value per sample.
class LossFunction : public ConfigFunction<LossFunction, LossValues(const Tensor&, const Tensor&)> {
 public:
  using ConfigFunction::ConfigFunction;
  static constexpr const char* kKind = "loss";
  static constexpr const char* kModule = "keras.losses";
  static constexpr std::initializer_list<const char*> kIgnored = {"dtype", "fn"};
  static void fill(Table& table);
};

/// Makes T, a loss of one's own, known to strings and to files, which call it "package>Name".
template <class T>
void register_loss(const std::string& package = kDefaultPackage) {
  LossFunction::table().add_custom<T>(package);
}
/// The same for a function: one value per sample.
inline void register_loss(const std::string& name,
                          std::function<LossValues(const Tensor& y_true, const Tensor& y_pred)> function,
                          const std::string& package = kDefaultPackage) {
  LossFunction::table().add_custom(name, std::move(function), package);
}

class Loss {
 public:
  Loss() = default;
  Loss(std::nullptr_t) {}  // NOLINT: Keras takes None, strings, objects, functions
  Loss(const char* name) : Loss(std::string(name)) {}  // NOLINT
  /// A name of a loss, or "crossentropy": binary, sparse or categorical by the shapes of its arguments.
  /// @throws ValueError if no loss has this name.
  Loss(const std::string& name);  // NOLINT
  template <class F>
  requires(!std::is_base_of_v<Loss, F> && std::is_constructible_v<LossFunction, F> &&
           !std::is_convertible_v<F, std::string>) Loss(F function)
      : function_(std::move(function)) {}  // NOLINT

  explicit operator bool() const { return function_ || !identifier_.empty(); }

  /// The reduced loss: a scalar, unless the reduction is "none". `mask` (of the predictions) and
  /// `sample_weight` may be not defined; weights (n,) or of the shape of the values.
  /// @throws ValueError if shapes do not fit.
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight = {},
                    const Tensor& mask = {}) const;

  /// The name it was given by, or its option `name`.
  std::string name() const;
  std::string reduction() const;

 private:
  friend void config_put(Json& out, const char* key, const Loss& loss);
  friend void config_get(const Json& in, const ConfigField& field, Loss& loss);

  std::string identifier_;  // how the user wrote it, if by a name: files keep that
  LossFunction function_;   // empty for "crossentropy"
};

/// A name is written as it was given, an object as its envelope.
void config_put(Json& out, const char* key, const Loss& loss);
/// Reads the names and envelopes of Keras 2 and 3.
void config_get(const Json& in, const ConfigField& field, Loss& loss);

}  // namespace sepal
