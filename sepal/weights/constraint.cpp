#include "sepal/weights/constraint.h"

#include "sepal/base/keras_config.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"

namespace sepal {

void Constraint::fill(Table& table) {
  // The second aliases are those of Keras 1, which 2.0 still had.
  table.add<constraints::MaxNorm>({"max_norm", "maxnorm"});
  table.add<constraints::NonNeg>({"non_neg", "nonneg"});
  table.add<constraints::UnitNorm>({"unit_norm", "unitnorm"});
  table.add<constraints::MinMaxNorm>({"min_max_norm"});
}

// TensorFlow 1.4 has the same classes and keys.
void Constraint::to_tf14(std::string&, Json&) {}

namespace constraints {
namespace {

Tensor norm_over(const Tensor& w, const IntTuple& axis) {
  return ops::sqrt(ops::sum(ops::square(w), axis.values(), true));
}

// epsilon() is added to the norm, not under the root.
Tensor scaled_to(const Tensor& w, const Tensor& desired, const Tensor& norm) {
  return ops::multiply(w, ops::divide(desired, ops::add(norm, epsilon())));
}

}  // namespace

Tensor MaxNorm::operator()(const Tensor& w) const {
  const Tensor norm = norm_over(w, axis);
  return scaled_to(w, ops::clip(norm, 0.0, max_value), norm);
}

Tensor NonNeg::operator()(const Tensor& w) const {
  return ops::maximum(w, Tensor::zeros(w.shape(), w.dtype()));
}

Tensor UnitNorm::operator()(const Tensor& w) const {
  return ops::divide(w, ops::add(norm_over(w, axis), epsilon()));
}

Tensor MinMaxNorm::operator()(const Tensor& w) const {
  const Tensor norm = norm_over(w, axis);
  const Tensor clipped = ops::multiply(ops::clip(norm, min_value, max_value), rate);
  return scaled_to(w, ops::add(clipped, ops::multiply(norm, 1.0 - rate)), norm);
}

}  // namespace constraints
}  // namespace sepal
