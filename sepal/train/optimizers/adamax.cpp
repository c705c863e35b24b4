#include "sepal/train/optimizers/adamax.h"

#include <algorithm>
#include <cmath>

#include "sepal/train/optimizers/update_loop.h"

namespace sepal::optimizers {
namespace {

class AdamaxRule final : public TypedOptimizer<AdamaxOptions> {
 public:
  explicit AdamaxRule(AdamaxOptions options) : TypedOptimizer(std::move(options)) {}

 protected:
  std::vector<SlotGroup> slot_groups() const override { return {{{"momentum", "norm"}}}; }

  void update(Step& step) override {
    update_elements(step.variable.dtype(), step.variable.num_elements(), [&]<class T>(T) {
      const T beta_1_power = std::pow(cast_by_keras<T>(options_.beta_1), static_cast<T>(step.number));
      const auto rate = static_cast<T>(step.learning_rate);
      const auto toward = static_cast<T>(1.0 - options_.beta_1);
      const auto beta_2 = static_cast<T>(options_.beta_2);
      const auto epsilon = static_cast<T>(options_.epsilon);
      const T* g = step.gradient.data<T>();
      T* w = step.variable.mutable_value().mutable_data<T>();
      T* m = step.slots[0].mutable_value().mutable_data<T>();
      T* u = step.slots[1].mutable_value().mutable_data<T>();
      return [=](std::int64_t i) {
        m[i] += (g[i] - m[i]) * toward;
        u[i] = std::max(beta_2 * u[i], std::abs(g[i]));
        w[i] -= rate * m[i] / ((T(1) - beta_1_power) * (u[i] + epsilon));
      };
    });
  }
};

}  // namespace

Adamax::Adamax(AdamaxOptions options) : Optimizer(std::make_shared<AdamaxRule>(std::move(options))) {}

}  // namespace sepal::optimizers
