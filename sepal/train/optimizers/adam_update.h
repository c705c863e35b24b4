// Adam's rule, which Muon uses for some of its variables, too.
#pragma once

#include <algorithm>
#include <cmath>

#include "sepal/train/optimizers/update_loop.h"

namespace sepal::optimizers {

struct AdamNumbers {
  double learning_rate;
  double beta_1;
  double beta_2;
  double epsilon;
};

/// Moves the variable of a step whose slots are the momentum, the velocity and with AMSGrad the largest
/// velocity.
template <class Step>
void update_by_adam(Step& step, const AdamNumbers& o) {
  update_elements(step.variable.dtype(), step.variable.num_elements(), [&]<class T>(T) {
    const auto number = static_cast<T>(step.number);
    const T beta_1_power = std::pow(cast_by_keras<T>(o.beta_1), number);
    const T beta_2_power = std::pow(cast_by_keras<T>(o.beta_2), number);
    const T alpha = static_cast<T>(o.learning_rate) * std::sqrt(T(1) - beta_2_power) / (T(1) - beta_1_power);
    // Python subtracts in float64 before the result becomes a T.
    const auto toward_m = static_cast<T>(1.0 - o.beta_1);
    const auto toward_v = static_cast<T>(1.0 - o.beta_2);
    const auto epsilon = static_cast<T>(o.epsilon);
    const T* g = step.gradient.template data<T>();
    T* w = step.variable.mutable_value().template mutable_data<T>();
    T* m = step.slots[0].mutable_value().template mutable_data<T>();
    T* v = step.slots[1].mutable_value().template mutable_data<T>();
    T* v_hat = step.slots.size() > 2 ? step.slots[2].mutable_value().template mutable_data<T>() : nullptr;
    return [=](std::int64_t i) {
      m[i] += (g[i] - m[i]) * toward_m;
      v[i] += (g[i] * g[i] - v[i]) * toward_v;
      T spread = v[i];
      if (v_hat != nullptr) spread = v_hat[i] = std::max(v_hat[i], spread);
      w[i] -= m[i] * alpha / (std::sqrt(spread) + epsilon);
    };
  });
}

}  // namespace sepal::optimizers
