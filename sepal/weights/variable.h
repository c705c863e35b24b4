// Variable: a named tensor that lives longer than a step (keras.Variable).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sepal/base/tensor.h"
#include "sepal/weights/constraint.h"
#include "sepal/weights/regularizer.h"

namespace sepal {

struct VariableOptions {
  /// Where the variable stands: "separable_conv2d/depthwise_kernel". Empty: its name.
  std::string path = {};
  bool trainable = true;
  Regularizer regularizer = nullptr;
  Constraint constraint = nullptr;
  /// Whether an AutocastScope applies to it.
  bool autocast = true;
};

/// A shared handle, as Python names are: copies name the same variable.
class Variable {
 public:
  /// No variable; `if (variable)` is false.
  Variable() = default;
  Variable(const Tensor& value, std::string name, VariableOptions options = {});

  explicit operator bool() const { return state_ != nullptr; }
  /// Whether both name the same variable, whatever its value.
  bool operator==(const Variable& other) const { return state_ == other.state_; }
  /// For tables keyed by variable; 0 for none.
  std::uint64_t id() const;

  const std::string& name() const;
  const std::string& path() const;
  void set_path(std::string path);
  const Shape& shape() const;
  DType dtype() const;
  std::int64_t num_elements() const;
  bool trainable() const;
  void set_trainable(bool trainable);
  /// Empty handles where there is none. The loss of the regularizer is the layer's to add; the constraint is
  /// applied by the optimizer after each update, never at the start or by `assign`.
  const Regularizer& regularizer() const;
  const Constraint& constraint() const;

  /// The value, in the dtype of the AutocastScope if there is one; a trainable variable is watched by every
  /// tape of this thread.
  Tensor value() const;

  /// @throws ValueError naming the variable if the shape is not exactly its own. The dtype is converted.
  void assign(const Tensor& value);

  /// The value for writing in place; nobody must hold a copy of `value()` for that to save the copying.
  Tensor& mutable_value();

  /// Changes whenever the value may have changed: for caches made from it.
  std::uint64_t version() const;

 private:
  struct State;
  State& state() const;
  std::shared_ptr<State> state_;
};

using Variables = std::vector<Variable>;

}  // namespace sepal
