#include "sepal/train/optimizers/adafactor.h"

#include <algorithm>
#include <cmath>

#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"

namespace sepal::optimizers {
namespace {

Tensor mean_along(const Tensor& x, std::int64_t axis, bool keepdims = false) {
  return ops::mean(x, std::vector<std::int64_t>{axis}, keepdims);
}

double root_mean_square(const Tensor& x) { return std::sqrt(ops::mean(ops::square(x)).item()); }

void move_toward(Variable& mean, const Tensor& value, double keep) {
  mean.assign(ops::add(ops::multiply(mean.value(), keep), ops::multiply(value, 1.0 - keep)));
}

Shape without_axis(const Shape& shape, int axis) {
  Shape result = shape.slice(0, axis);
  for (const std::int64_t dim : shape.slice(axis + 1)) result.push_back(dim);
  return result;
}

Tensor with_axis(const Tensor& x, int axis) {
  Shape shape = x.shape().slice(0, axis);
  shape.push_back(1);
  for (const std::int64_t dim : x.shape().slice(axis)) shape.push_back(dim);
  return ops::reshape(x, shape);
}

class AdafactorRule final : public TypedOptimizer<AdafactorOptions> {
 public:
  explicit AdafactorRule(AdafactorOptions options) : TypedOptimizer(std::move(options)) {}

 protected:
  // Scalars stand in for the means of what has no rows.
  std::vector<OwnSlot> own_slots(const Variable& variable) const override {
    const Shape& shape = variable.shape();
    const int rank = shape.rank();
    const auto zeros = [&](const Shape& of) { return Tensor::zeros(of, variable.dtype()); };
    return {{"row_mean", zeros(rank < 2 ? Shape{} : without_axis(shape, rank - 1))},
            {"column_mean", zeros(rank < 2 ? Shape{} : without_axis(shape, rank - 2))},
            {"velocity", zeros(shape)}};
  }

  void update(Step& step) override {
    const auto number = static_cast<double>(step.number);
    const double rate = std::min(step.learning_rate, 1.0 / std::sqrt(number));
    const Tensor w = step.variable.value();
    const double size = std::max(options_.epsilon_2, root_mean_square(w)) *
                        (options_.relative_step ? rate : std::min(step.learning_rate, rate));
    const double keep = 1.0 - std::pow(number, options_.beta_2_decay);
    const Tensor squares = ops::add(ops::square(step.gradient), options_.epsilon_1);
    Variable& velocity = step.slots[2];
    if (const int rank = w.rank(); rank < 2) {
      move_toward(velocity, squares, keep);
    } else {
      move_toward(step.slots[0], mean_along(squares, -1), keep);
      move_toward(step.slots[1], mean_along(squares, -2), keep);
      const Tensor rows = step.slots[0].value();
      const Tensor share = ops::divide(rows, mean_along(rows, -1, true));
      velocity.assign(ops::multiply(with_axis(share, rank - 1), with_axis(step.slots[1].value(), rank - 2)));
    }
    const Tensor change = ops::divide(step.gradient, ops::sqrt(velocity.value()));
    const double excess = std::max(1.0, root_mean_square(change) / options_.clip_threshold);
    step.variable.assign(ops::subtract(w, ops::multiply(change, size / excess)));
  }
};

}  // namespace

Adafactor::Adafactor(AdafactorOptions options)
    : Optimizer(std::make_shared<AdafactorRule>(std::move(options))) {}

}  // namespace sepal::optimizers
