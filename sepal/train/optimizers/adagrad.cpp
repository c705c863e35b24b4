#include "sepal/train/optimizers/adagrad.h"

#include <cmath>

#include "sepal/train/optimizers/update_loop.h"

namespace sepal::optimizers {
namespace {

class AdagradRule final : public TypedOptimizer<AdagradOptions> {
 public:
  explicit AdagradRule(AdagradOptions options) : TypedOptimizer(std::move(options)) {}

 protected:
  std::vector<SlotGroup> slot_groups() const override {
    return {{{"accumulator"}, cast_by_keras<double>(options_.initial_accumulator_value)}};
  }

  void update(Step& step) override {
    update_elements(step.variable.dtype(), step.variable.num_elements(), [&]<class T>(T) {
      const auto rate = static_cast<T>(step.learning_rate);
      const auto epsilon = static_cast<T>(options_.epsilon);
      const T* g = step.gradient.data<T>();
      T* w = step.variable.mutable_value().mutable_data<T>();
      T* gathered = step.slots[0].mutable_value().mutable_data<T>();
      return [=](std::int64_t i) {
        gathered[i] += g[i] * g[i];
        w[i] -= rate * g[i] / std::sqrt(gathered[i] + epsilon);
      };
    });
  }
};

}  // namespace

Adagrad::Adagrad(AdagradOptions options) : Optimizer(std::make_shared<AdagradRule>(std::move(options))) {}

}  // namespace sepal::optimizers
