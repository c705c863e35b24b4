#include "sepal/train/optimizers/sgd.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/train/optimizers/update_loop.h"

namespace sepal::optimizers {
namespace {

class SGDRule final : public TypedOptimizer<SGDOptions> {
 public:
  explicit SGDRule(SGDOptions options) : TypedOptimizer(std::move(options)) {}

 protected:
  std::vector<SlotGroup> slot_groups() const override {
    if (options_.momentum == 0.0) return {};
    return {{{"momentum"}}};
  }

  void update(Step& step) override {
    update_elements(step.variable.dtype(), step.variable.num_elements(), [&]<class T>(T) {
      const auto rate = static_cast<T>(step.learning_rate);
      const auto momentum = cast_by_keras<T>(options_.momentum);
      const bool nesterov = options_.nesterov;
      const T* g = step.gradient.data<T>();
      T* w = step.variable.mutable_value().mutable_data<T>();
      T* m = step.slots.empty() ? nullptr : step.slots[0].mutable_value().mutable_data<T>();
      return [=](std::int64_t i) {
        const T move = g[i] * rate;
        if (m == nullptr) {
          w[i] -= move;
          return;
        }
        m[i] = m[i] * momentum - move;
        w[i] += nesterov ? m[i] * momentum - move : m[i];
      };
    });
  }
};

}  // namespace

SGD::SGD(SGDOptions options) : Optimizer(std::make_shared<SGDRule>(options)) {
  if (!(options.momentum >= 0.0 && options.momentum <= 1.0)) {
    throw ValueError(
        fmt::format("`momentum` must be a float between [0, 1]. Received: momentum={}", options.momentum));
  }
}

}  // namespace sepal::optimizers
