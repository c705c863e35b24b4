#include "sepal/train/optimizers/adam.h"

#include "sepal/base/error.h"
#include "sepal/train/optimizers/adam_update.h"

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
    update_by_adam(
        step,
        {.learning_rate = step.learning_rate, .beta_1 = o.beta_1, .beta_2 = o.beta_2, .epsilon = o.epsilon});
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
