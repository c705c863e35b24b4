#include "sepal/train/optimizers/lion.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/train/optimizers/update_loop.h"

namespace sepal::optimizers {
namespace {

class LionRule final : public TypedOptimizer<LionOptions> {
 public:
  explicit LionRule(LionOptions options) : TypedOptimizer(std::move(options)) {}

 protected:
  std::vector<SlotGroup> slot_groups() const override { return {{{"momentum"}}}; }

  void update(Step& step) override {
    update_elements(step.variable.dtype(), step.variable.num_elements(), [&]<class T>(T) {
      const auto rate = static_cast<T>(step.learning_rate);
      const T beta_1 = cast_by_keras<T>(options_.beta_1);
      const T beta_2 = cast_by_keras<T>(options_.beta_2);
      const T* g = step.gradient.data<T>();
      T* w = step.variable.mutable_value().mutable_data<T>();
      T* m = step.slots[0].mutable_value().mutable_data<T>();
      return [=](std::int64_t i) {
        const T toward = m[i] * beta_1 + g[i] * (T(1) - beta_1);
        w[i] -= rate * static_cast<T>((toward > T(0)) - (toward < T(0)));
        m[i] = m[i] * beta_2 + g[i] * (T(1) - beta_2);
      };
    });
  }
};

}  // namespace

Lion::Lion(LionOptions options) : Optimizer(std::make_shared<LionRule>(options)) {
  if (options.beta_1 > 0.0 && options.beta_1 <= 1.0) return;
  throw ValueError(
      fmt::format("Argument `beta_1` must be in the (0, 1] range. Received: beta_1={}", options.beta_1));
}

}  // namespace sepal::optimizers
