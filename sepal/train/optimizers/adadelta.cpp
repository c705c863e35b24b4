#include "sepal/train/optimizers/adadelta.h"

#include <cmath>

#include "sepal/train/optimizers/update_loop.h"

namespace sepal::optimizers {
namespace {

class AdadeltaRule final : public TypedOptimizer<AdadeltaOptions> {
 public:
  explicit AdadeltaRule(AdadeltaOptions options) : TypedOptimizer(std::move(options)) {}

 protected:
  std::vector<SlotGroup> slot_groups() const override {
    return {{{"accumulated_grad", "accumulated_delta_var"}}};
  }

  void update(Step& step) override {
    update_elements(step.variable.dtype(), step.variable.num_elements(), [&]<class T>(T) {
      const auto rate = static_cast<T>(step.learning_rate);
      const auto rho = static_cast<T>(options_.rho);
      const auto rest = static_cast<T>(1.0 - options_.rho);
      const auto epsilon = static_cast<T>(options_.epsilon);
      const T* g = step.gradient.data<T>();
      T* w = step.variable.mutable_value().mutable_data<T>();
      T* squares = step.slots[0].mutable_value().mutable_data<T>();
      T* moves = step.slots[1].mutable_value().mutable_data<T>();
      return [=](std::int64_t i) {
        squares[i] = rho * squares[i] + rest * (g[i] * g[i]);
        const T move = -(std::sqrt(moves[i] + epsilon) * g[i] / std::sqrt(squares[i] + epsilon));
        moves[i] = rho * moves[i] + rest * (move * move);
        w[i] += rate * move;
      };
    });
  }
};

}  // namespace

Adadelta::Adadelta(AdadeltaOptions options) : Optimizer(std::make_shared<AdadeltaRule>(std::move(options))) {}

}  // namespace sepal::optimizers
