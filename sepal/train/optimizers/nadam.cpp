#include "sepal/train/optimizers/nadam.h"

#include <cmath>

#include "sepal/train/optimizers/update_loop.h"

namespace sepal::optimizers {
namespace {

class NadamRule final : public TypedOptimizer<NadamOptions> {
 public:
  explicit NadamRule(NadamOptions options) : TypedOptimizer(std::move(options)) {}

  void build(const Variables& variables) override {
    if (built()) return;
    TypedOptimizer::build(variables);
    const DType dtype =
        !variables.empty() && variables[0].dtype() == DType::float64 ? DType::float64 : DType::float32;
    product_ = Variable(Tensor::scalar(1.0, dtype), "variable", {.trainable = false});
  }

  Variables variables() const override {
    Variables all = TypedOptimizer::variables();
    if (built()) all.push_back(product_);
    return all;
  }

 protected:
  std::vector<SlotGroup> slot_groups() const override { return {{{"momentum", "velocity"}}}; }

  void update(Step& step) override {
    if (product_.dtype() == DType::float64) {
      advance<double>(step.number);
    } else {
      advance<float>(step.number);
    }
    update_elements(step.variable.dtype(), step.variable.num_elements(), [&]<class T>(T) {
      const T share = share_of<T>(step.number);
      const T next_share = share_of<T>(step.number + 1);
      const auto product = static_cast<T>(product_.value().at(0));
      const T next_product = product * next_share;
      const T rest_2 = T(1) - std::pow(static_cast<T>(options_.beta_2), static_cast<T>(step.number));
      const auto rate = static_cast<T>(step.learning_rate);
      const auto toward_m = static_cast<T>(1.0 - options_.beta_1);
      const auto toward_v = static_cast<T>(1.0 - options_.beta_2);
      const auto epsilon = static_cast<T>(options_.epsilon);
      const T* g = step.gradient.data<T>();
      T* w = step.variable.mutable_value().mutable_data<T>();
      T* m = step.slots[0].mutable_value().mutable_data<T>();
      T* v = step.slots[1].mutable_value().mutable_data<T>();
      return [=](std::int64_t i) {
        m[i] += (g[i] - m[i]) * toward_m;
        v[i] += (g[i] * g[i] - v[i]) * toward_v;
        const T momentum =
            next_share * m[i] / (T(1) - next_product) + (T(1) - share) * g[i] / (T(1) - product);
        w[i] -= momentum * rate / (std::sqrt(v[i] / rest_2) + epsilon);
      };
    });
  }

 private:
  // How much of the momentum counts in an update.
  template <class T>
  T share_of(std::int64_t number) const {
    return cast_by_keras<T>(options_.beta_1) *
           (T(1) - T(0.5) * std::pow(cast_by_keras<T>(0.96), static_cast<T>(number)));
  }

  // Once for all variables of an update. Keras does not round these constants as it does in `share_of`.
  template <class T>
  void advance(std::int64_t number) {
    if (number == last_number_) return;
    last_number_ = number;
    double product = product_.value().at(0);
    // It is 1 before the first update alone, but tf.keras 2 does not save it.
    std::int64_t missing = product == 1.0 ? 1 : number;
    for (; missing <= number && product > 0.0; ++missing) {
      const T share = static_cast<T>(options_.beta_1) *
                      (T(1) - T(0.5) * std::pow(static_cast<T>(0.96), static_cast<T>(missing)));
      product = static_cast<double>(static_cast<T>(product * static_cast<double>(share)));
    }
    product_.assign(Tensor::scalar(product, product_.dtype()));
  }

  Variable product_;  // of the shares so far
  std::int64_t last_number_ = 0;
};

}  // namespace

Nadam::Nadam(NadamOptions options) : Optimizer(std::make_shared<NadamRule>(std::move(options))) {}

}  // namespace sepal::optimizers
