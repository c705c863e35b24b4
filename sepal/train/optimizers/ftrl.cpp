#include "sepal/train/optimizers/ftrl.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sepal/base/error.h"
#include "sepal/train/optimizers/update_loop.h"

namespace sepal::optimizers {
namespace {

class FtrlRule final : public TypedOptimizer<FtrlOptions> {
 public:
  explicit FtrlRule(FtrlOptions options) : TypedOptimizer(std::move(options)) {}

 protected:
  // Together, as Keras makes them; a group would have one start for both.
  std::vector<OwnSlot> own_slots(const Variable& variable) const override {
    const auto start = cast_by_keras<double>(options_.initial_accumulator_value);
    return {{"accumulator", Tensor::full(variable.shape(), start, variable.dtype())},
            {"linear", Tensor::zeros(variable.shape(), variable.dtype())}};
  }

  void update(Step& step) override {
    const FtrlOptions& o = options_;
    update_elements(step.variable.dtype(), step.variable.num_elements(), [&]<class T>(T) {
      const auto rate = static_cast<T>(step.learning_rate);
      const auto power = static_cast<T>(-o.learning_rate_power);
      const auto shrinkage = static_cast<T>(2.0 * o.l2_shrinkage_regularization_strength);
      const auto l1 = static_cast<T>(o.l1_regularization_strength);
      const T l2 = static_cast<T>(o.l2_regularization_strength) + static_cast<T>(o.beta) / (T(2) * rate);
      const T* g = step.gradient.data<T>();
      T* w = step.variable.mutable_value().mutable_data<T>();
      T* squares = step.slots[0].mutable_value().mutable_data<T>();
      T* linear = step.slots[1].mutable_value().mutable_data<T>();
      return [=](std::int64_t i) {
        const T sum = squares[i] + g[i] * g[i];
        const T scale = std::pow(sum, power);
        linear[i] += g[i] + shrinkage * w[i] - (scale - std::pow(squares[i], power)) / rate * w[i];
        w[i] = (std::clamp(linear[i], -l1, l1) - linear[i]) / (scale / rate + T(2) * l2);
        squares[i] = sum;
      };
    });
  }
};

}  // namespace

Ftrl::Ftrl(FtrlOptions options) : Optimizer(std::make_shared<FtrlRule>(options)) {
  const auto check = [](const char* argument, double value, bool is_good) {
    if (!is_good)
      throw ValueError(fmt::format("Invalid value for argument `{0}`. Received: {0}={1}", argument, value));
  };
  check("learning_rate_power", options.learning_rate_power, options.learning_rate_power <= 0.0);
  check("initial_accumulator_value", options.initial_accumulator_value,
        options.initial_accumulator_value >= 0.0);
  check("l1_regularization_strength", options.l1_regularization_strength,
        options.l1_regularization_strength >= 0.0);
  check("l2_regularization_strength", options.l2_regularization_strength,
        options.l2_regularization_strength >= 0.0);
  check("l2_shrinkage_regularization_strength", options.l2_shrinkage_regularization_strength,
        options.l2_shrinkage_regularization_strength >= 0.0);
}

}  // namespace sepal::optimizers
