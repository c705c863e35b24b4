#include "sepal/train/optimizers/rmsprop.h"

#include <cmath>

#include "sepal/train/optimizers/update_loop.h"

namespace sepal::optimizers {
namespace {

class RMSpropRule final : public TypedOptimizer<RMSpropOptions> {
 public:
  explicit RMSpropRule(RMSpropOptions options) : TypedOptimizer(std::move(options)) {}

 protected:
  std::vector<SlotGroup> slot_groups() const override {
    std::vector<SlotGroup> groups = {{{"velocity"}}};
    if (options_.momentum > 0.0) groups.push_back({{"momentum"}});
    if (options_.centered) groups.push_back({{"average_gradient"}});
    return groups;
  }

  void update(Step& step) override {
    update_elements(step.variable.dtype(), step.variable.num_elements(), [&]<class T>(T) {
      const auto rate = static_cast<T>(step.learning_rate);
      const auto rho = static_cast<T>(options_.rho);
      const auto rest = static_cast<T>(1.0 - options_.rho);
      const auto momentum = static_cast<T>(options_.momentum);
      const auto epsilon = static_cast<T>(options_.epsilon);
      std::size_t next = 0;
      const auto slot = [&](bool exists) {
        return exists ? step.slots[next++].mutable_value().mutable_data<T>() : nullptr;
      };
      const T* g = step.gradient.data<T>();
      T* w = step.variable.mutable_value().mutable_data<T>();
      T* velocity = slot(true);
      T* speed = slot(options_.momentum > 0.0);
      T* mean = slot(options_.centered);
      return [=](std::int64_t i) {
        velocity[i] = rho * velocity[i] + rest * (g[i] * g[i]);
        T spread = velocity[i];
        if (mean != nullptr) {
          mean[i] = rho * mean[i] + rest * g[i];
          spread -= mean[i] * mean[i];
        }
        T move = rate * g[i] / std::sqrt(spread + epsilon);
        if (speed != nullptr) move = speed[i] = momentum * speed[i] + move;
        w[i] -= move;
      };
    });
  }
};

}  // namespace

RMSprop::RMSprop(RMSpropOptions options) : Optimizer(std::make_shared<RMSpropRule>(std::move(options))) {}

}  // namespace sepal::optimizers
