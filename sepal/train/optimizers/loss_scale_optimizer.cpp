#include "sepal/train/optimizers/loss_scale_optimizer.h"

#include <algorithm>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/half.h"
#include "sepal/ops/reduce.h"

namespace sepal::optimizers {
namespace {

// A difference from itself is 0 for a finite number and NaN for any other.
bool is_finite(const Tensor& x) { return ops::sum(ops::subtract(x, x)).item() == 0.0; }

class LossScaling final : public OptimizerBase {
 public:
  explicit LossScaling(LossScaleOptions options)
      : OptimizerBase({.name = options.name}),
        options_(std::move(options)),
        step_counter_(state(Tensor::scalar(0, DType::int64), "step_counter")),
        dynamic_scale_(state(Tensor::scalar(options_.initial_scale), "dynamic_scale")) {
    inner().set_loss_scale_factor(std::nullopt);
  }

  const char* class_name() const override { return LossScaleOptions::kName; }
  void write_config(Json& config) const override { write_options(config, options_); }

  double learning_rate() const override { return inner().learning_rate(); }
  void set_learning_rate(double rate) override { inner().set_learning_rate(rate); }
  void set_schedule(Schedule schedule) override { inner().set_schedule(std::move(schedule)); }
  std::int64_t iterations() const override { return inner().iterations(); }

  void build(const Variables& variables) override {
    inner().build(variables);
    OptimizerBase::build(variables);
  }

  void apply(const Tensors& gradients, const Variables& variables) override {
    const GradientTape::Pause pause;
    build(variables);
    const bool finite = std::all_of(gradients.begin(), gradients.end(),
                                    [](const Tensor& g) { return !g.defined() || is_finite(g); });
    if (!finite) return rescale(0.5);
    inner().apply(unscaled(gradients), variables);
    const auto steps = static_cast<std::int64_t>(step_counter_.value().item());
    if (steps == options_.dynamic_growth_steps - 1) return rescale(2.0);
    step_counter_.assign(Tensor::scalar(static_cast<double>(steps + 1), DType::int64));
  }

  Tensor scale_loss(const Tensor& loss) const override { return ops::multiply(loss, scale()); }

  void finalize_variable_values(const Variables& variables) override {
    inner().finalize_variable_values(variables);
  }

  Variables variables() const override {
    Variables all = OptimizerBase::variables();
    all.push_back(step_counter_);
    all.push_back(dynamic_scale_);
    for (const Variable& variable : inner().variables()) all.push_back(variable);
    return all;
  }

  const OptimizerBase* inner_optimizer() const override { return &inner(); }

 protected:
  std::vector<SlotGroup> slot_groups() const override { return {}; }
  // The inner optimizer updates.
  void update(Step&) override {}

 private:
  OptimizerBase& inner() const { return *options_.inner_optimizer.operator->(); }
  double scale() const { return dynamic_scale_.value().item(); }

  Variable state(const Tensor& value, const char* name) const {
    return {value, name, {.path = options_.name + "/" + name, .trainable = false}};
  }

  // In float32 at least: what the scale kept from becoming 0 in 16 bits would become 0 here.
  Tensors unscaled(const Tensors& gradients) const {
    Tensors result;
    for (const Tensor& gradient : gradients) {
      const Tensor g = ops::widened(gradient);
      result.push_back(g.defined() ? ops::divide(g, Tensor::scalar(scale(), g.dtype())) : g);
    }
    return result;
  }

  void rescale(double factor) {
    step_counter_.assign(Tensor::scalar(0, DType::int64));
    dynamic_scale_.assign(Tensor::scalar(scale() * factor));
  }

  const LossScaleOptions options_;
  Variable step_counter_;
  Variable dynamic_scale_;
};

LossScaleOptions checked(LossScaleOptions options) {
  if (!options.inner_optimizer) {
    throw ValueError("LossScaleOptimizer needs an `inner_optimizer`. Received: inner_optimizer=None");
  }
  return options;
}

}  // namespace

LossScaleOptimizer::LossScaleOptimizer(LossScaleOptions options)
    : Optimizer(std::make_shared<LossScaling>(checked(std::move(options)))) {}

Optimizer with_loss_scaling(const Optimizer& optimizer) {
  if (dynamic_cast<const LossScaling*>(optimizer.pointer().get()) != nullptr) return optimizer;
  return LossScaleOptimizer({.inner_optimizer = optimizer});
}

}  // namespace sepal::optimizers
