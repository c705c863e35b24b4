#include "sepal/train/optimizers/adam.h"

#include <algorithm>
#include <cmath>

#include "sepal/base/error.h"
#include "sepal/train/optimizers/update_loop.h"

namespace sepal::optimizers {
namespace {

template <class Options>
class AdamRule final : public TypedOptimizer<Options> {
  using Base = TypedOptimizer<Options>;

 public:
  explicit AdamRule(Options options) : Base(std::move(options)) {}

 protected:
  std::vector<typename Base::SlotGroup> slot_groups() const override {
    if (this->options_.amsgrad) return {{{"momentum", "velocity"}}, {{"velocity_hat"}}};
    return {{{"momentum", "velocity"}}};
  }

  void update(typename Base::Step& step) override {
    const auto& o = this->options_;
    update_elements(step.variable.dtype(), step.variable.num_elements(), [&]<class T>(T) {
      const auto number = static_cast<T>(step.number);
      const T beta_1_power = std::pow(cast_by_keras<T>(o.beta_1), number);
      const T beta_2_power = std::pow(cast_by_keras<T>(o.beta_2), number);
      const T alpha =
          static_cast<T>(step.learning_rate) * std::sqrt(T(1) - beta_2_power) / (T(1) - beta_1_power);
      // Python subtracts in float64 before the result becomes a T.
      const auto toward_m = static_cast<T>(1.0 - o.beta_1);
      const auto toward_v = static_cast<T>(1.0 - o.beta_2);
      const auto epsilon = static_cast<T>(o.epsilon);
      const T* g = step.gradient.template data<T>();
      T* w = step.variable.mutable_value().template mutable_data<T>();
      T* m = step.slots[0].mutable_value().template mutable_data<T>();
      T* v = step.slots[1].mutable_value().template mutable_data<T>();
      T* v_hat = o.amsgrad ? step.slots[2].mutable_value().template mutable_data<T>() : nullptr;
      return [=](std::int64_t i) {
        m[i] += (g[i] - m[i]) * toward_m;
        v[i] += (g[i] * g[i] - v[i]) * toward_v;
        T spread = v[i];
        if (v_hat != nullptr) spread = v_hat[i] = std::max(v_hat[i], spread);
        w[i] -= m[i] * alpha / (std::sqrt(spread) + epsilon);
      };
    });
  }
};

}  // namespace

Adam::Adam(AdamOptions options) : Optimizer(std::make_shared<AdamRule<AdamOptions>>(std::move(options))) {}

AdamW::AdamW(AdamWOptions options) : Optimizer(std::make_shared<AdamRule<AdamWOptions>>(options)) {
  if (!options.weight_decay) {
    throw ValueError("Argument `weight_decay` must be a float. Received: weight_decay=None");
  }
}

}  // namespace sepal::optimizers
