// An operand of an operation's call: one of its tensors, or a constant among the arguments.
#pragma once

#include <optional>
#include <vector>

#include "sepal/base/config.h"
#include "sepal/base/tensor.h"

namespace sepal {

/// A constant as a config has it: a Python number, which takes the dtype of what it meets, or an array, which
/// has one of its own. `none` is an argument that is not given.
struct ConstantArgument {
  enum class Kind { none, whole_number, number, truth_value, array };
  Kind kind = Kind::number;
  Tensor value;  // float64; an array in its dtype; not defined for none
};

/// Null, a number, true or false, lists of numbers, or {"class_name": "__tensor__" or "__numpy__", "config":
/// {"value": …, "dtype": …}}.
/// @throws UnimplementedError or ValueError naming the field for anything else.
ConstantArgument constant_argument_from(const Json& argument, const ConfigField& field);

/// The dtype in which NumPy's rules, as Keras has them, compute with both.
DType promoted(DType a, DType b);

/// The operands of a call, in order: tensors (nullopt) and constants.
class OperandList {
 public:
  static constexpr std::size_t kAll = static_cast<std::size_t>(-1);

  OperandList() = default;
  /// @throws as constant_argument_from; ValueError if there is no tensor.
  OperandList(const Json& args, const std::string& owner);

  std::size_t size() const { return constants_.size(); }
  /// Dtype that all operands have in common, given those of the tensors. The first `conditions` operands are
  /// truth values and do not count, and neither do those from number `end` on.
  DType common_dtype(const std::vector<DType>& tensor_dtypes, std::size_t conditions = 0,
                     std::size_t end = kAll) const;
  /// The operands, in order, cast to `dtype`, the first `conditions` to bool.
  Tensors joined(const Tensors& tensors, DType dtype, std::size_t conditions = 0) const;
  /// The same without a cast.
  Tensors joined(const Tensors& tensors) const;
  Shapes joined_shapes(const Shapes& tensor_shapes) const;
  /// Whether operand `i` is given.
  bool has(std::size_t i) const {
    return i < constants_.size() && !(constants_[i] && constants_[i]->kind == ConstantArgument::Kind::none);
  }

 private:
  std::vector<std::optional<ConstantArgument>> constants_;
};

}  // namespace sepal
