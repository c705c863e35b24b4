#include "sepal/train/optimizers/lamb.h"

#include <cmath>

#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"
#include "sepal/train/optimizers/update_loop.h"

namespace sepal::optimizers {
namespace {

class LambRule final : public TypedOptimizer<LambOptions> {
 public:
  explicit LambRule(LambOptions options) : TypedOptimizer(std::move(options)) {}

 protected:
  std::vector<SlotGroup> slot_groups() const override { return {{{"momentum", "velocity"}}}; }

  void update(Step& step) override {
    Tensor direction(step.variable.shape(), step.variable.dtype());
    update_elements(step.variable.dtype(), step.variable.num_elements(), [&]<class T>(T) {
      const auto number = static_cast<T>(step.number);
      const T rest_1 = T(1) - std::pow(cast_by_keras<T>(options_.beta_1), number);
      const T rest_2 = T(1) - std::pow(cast_by_keras<T>(options_.beta_2), number);
      const auto toward_m = static_cast<T>(1.0 - options_.beta_1);
      const auto toward_v = static_cast<T>(1.0 - options_.beta_2);
      const auto epsilon = static_cast<T>(options_.epsilon);
      const T* g = step.gradient.data<T>();
      T* m = step.slots[0].mutable_value().mutable_data<T>();
      T* v = step.slots[1].mutable_value().mutable_data<T>();
      T* d = direction.mutable_data<T>();
      return [=](std::int64_t i) {
        m[i] += (g[i] - m[i]) * toward_m;
        v[i] += (g[i] * g[i] - v[i]) * toward_v;
        d[i] = m[i] / rest_1 / (std::sqrt(v[i] / rest_2) + epsilon);
      };
    });
    const auto length = [](const Tensor& x) { return std::sqrt(ops::sum(ops::square(x)).item()); };
    const double of_weights = length(step.variable.value());
    const double of_direction = length(direction);
    const double ratio = of_weights > 0.0 && of_direction > 0.0 ? of_weights / of_direction : 1.0;
    update_elements(step.variable.dtype(), step.variable.num_elements(), [&]<class T>(T) {
      const T rate = static_cast<T>(ratio) * static_cast<T>(step.learning_rate);
      const T* d = direction.data<T>();
      T* w = step.variable.mutable_value().mutable_data<T>();
      return [=](std::int64_t i) { w[i] -= rate * d[i]; };
    });
  }
};

}  // namespace

Lamb::Lamb(LambOptions options) : Optimizer(std::make_shared<LambRule>(std::move(options))) {}

}  // namespace sepal::optimizers
