#include "sepal/train/optimizers/schedule_free_adamw.h"

#include <algorithm>
#include <cmath>

#include "sepal/train/optimizers/update_loop.h"

namespace sepal::optimizers {
namespace {

class ScheduleFreeRule final : public TypedOptimizer<ScheduleFreeAdamWOptions> {
 public:
  explicit ScheduleFreeRule(ScheduleFreeAdamWOptions options) : TypedOptimizer(std::move(options)) {}

 protected:
  // Keras calls the fast sequence a momentum. It starts at the variable.
  std::vector<OwnSlot> own_slots(const Variable& variable) const override {
    return {{"momentum", variable.value()}, {"velocity", Tensor::zeros(variable.shape(), variable.dtype())}};
  }

  void update(Step& step) override {
    update_elements(step.variable.dtype(), step.variable.num_elements(), [&]<class T>(T) {
      const auto number = static_cast<T>(step.number);
      const T beta_1 = cast_by_keras<T>(options_.beta_1);
      const T beta_2 = cast_by_keras<T>(options_.beta_2);
      const T epsilon = cast_by_keras<T>(options_.epsilon);
      auto rate = static_cast<T>(step.learning_rate);
      if (options_.warmup_steps > 0) rate *= std::min(number / static_cast<T>(options_.warmup_steps), T(1));
      const T correction = T(1) - std::pow(beta_2, number);
      const T weight = T(1) / number;
      const T* g = step.gradient.data<T>();
      T* w = step.variable.mutable_value().mutable_data<T>();
      T* fast = step.slots[0].mutable_value().mutable_data<T>();
      T* v = step.slots[1].mutable_value().mutable_data<T>();
      return [=](std::int64_t i) {
        v[i] += (g[i] * g[i] - v[i]) * (T(1) - beta_2);
        fast[i] -= rate * g[i] / (std::sqrt(v[i] / correction) + epsilon);
        // Keras 3.15 on TensorFlow takes the mean apart with the fast sequence as it has just become.
        const T mean = (w[i] - (T(1) - beta_1) * fast[i]) / beta_1;
        const T new_mean = (T(1) - weight) * mean + weight * fast[i];
        w[i] = (T(1) - beta_1) * fast[i] + beta_1 * new_mean;
      };
    });
  }
};

}  // namespace

ScheduleFreeAdamW::ScheduleFreeAdamW(ScheduleFreeAdamWOptions options)
    : Optimizer(std::make_shared<ScheduleFreeRule>(std::move(options))) {}

}  // namespace sepal::optimizers
