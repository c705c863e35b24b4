#include "sepal/train/optimizers/optimizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/base/parallel.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/half.h"
#include "sepal/ops/reduce.h"
#include "sepal/train/optimizers/update_loop.h"

namespace sepal::optimizers {
namespace {

void check(const CommonOptions& o) {
  if (o.gradient_accumulation_steps && *o.gradient_accumulation_steps < 2) {
    throw ValueError(fmt::format(
        "`gradient_accumulation_steps` must be an integer >= 2. Received: gradient_accumulation_steps={}",
        *o.gradient_accumulation_steps));
  }
  if (o.use_ema && !(o.ema_momentum >= 0.0 && o.ema_momentum <= 1.0)) {
    throw ValueError(
        fmt::format("`ema_momentum` must be in the range [0, 1]. Received: ema_momentum={}", o.ema_momentum));
  }
  if (o.use_ema && o.ema_overwrite_frequency && *o.ema_overwrite_frequency < 1) {
    throw ValueError(fmt::format(
        "`ema_overwrite_frequency` must be an integer >= 1 or None. Received: ema_overwrite_frequency={}",
        *o.ema_overwrite_frequency));
  }
  const int clips = o.clipnorm.has_value() + o.clipvalue.has_value() + o.global_clipnorm.has_value();
  if (clips > 1) {
    throw ValueError("Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set.");
  }
}

std::string slot_name(const Variable& variable, const std::string& slot) {
  std::string name = variable.path();
  std::replace(name.begin(), name.end(), '/', '_');
  return name + "_" + slot;
}

bool is_positive(const std::optional<double>& value) { return value && *value > 0.0; }

double square_sum(const Tensor& x) { return ops::sum(ops::square(ops::widened(x))).item(); }

// g * limit / max(norm, limit), in the gradient's own precision.
Tensor clipped_by_norm(const Tensor& g, double limit) {
  const double norm = std::sqrt(square_sum(g));
  const Tensor scaled = ops::multiply(ops::widened(g), limit);
  return ops::divide(scaled, Tensor::scalar(std::max(norm, limit), scaled.dtype())).astype(g.dtype());
}

}  // namespace

OptimizerBase::OptimizerBase(CommonOptions options) : options_(std::move(options)) {
  check(options_);
  const auto state = [&](const Tensor& value, const char* name) {
    return Variable(value, name, {.path = options_.name + "/" + name, .trainable = false});
  };
  iteration_ = state(Tensor::scalar(0, DType::int64), "iteration");
  if (!options_.learning_rate.schedule()) {
    learning_rate_ = state(Tensor::scalar(options_.learning_rate.value(), floatx()), "learning_rate");
  }
}

double OptimizerBase::learning_rate() const {
  if (learning_rate_) return learning_rate_.value().item();
  return options_.learning_rate.schedule()(static_cast<std::int64_t>(iteration_.value().item()));
}

void OptimizerBase::set_learning_rate(double rate) {
  if (!learning_rate_) {
    throw TypeError(
        "This optimizer was created with a learning rate schedule, hence its learning rate is not settable. "
        "Create it with a number as `learning_rate` to be able to set it.");
  }
  learning_rate_.assign(Tensor::scalar(rate, learning_rate_.dtype()));
}

void OptimizerBase::set_schedule(Schedule schedule) {
  options_.learning_rate = std::move(schedule);
  learning_rate_ = Variable();
}

LearningRate OptimizerBase::learning_rate_for_config() const {
  return learning_rate_ ? LearningRate(learning_rate_.value().item()) : options_.learning_rate;
}

std::int64_t OptimizerBase::iterations() const {
  return static_cast<std::int64_t>(iteration_.value().item()) /
         options_.gradient_accumulation_steps.value_or(1);
}

Variables OptimizerBase::variables() const {
  Variables all = {iteration_};
  if (learning_rate_) all.push_back(learning_rate_);
  all.insert(all.end(), created_.begin(), created_.end());
  return all;
}

void OptimizerBase::add_slots(const std::vector<SlotGroup>& groups,
                              std::vector<std::vector<Variable>>& by_variable) {
  by_variable.resize(trainable_.size());
  for (const SlotGroup& group : groups) {
    for (std::size_t i = 0; i < trainable_.size(); ++i) {
      const Variable& reference = trainable_[i];
      for (const std::string& slot : group.names) {
        add_slot(i, slot, Tensor::full(reference.shape(), group.initial_value, reference.dtype()),
                 by_variable);
      }
    }
  }
}

void OptimizerBase::add_slot(std::size_t variable, const std::string& slot, const Tensor& value,
                             std::vector<std::vector<Variable>>& by_variable) {
  const std::string name = slot_name(trainable_[variable], slot);
  by_variable[variable].emplace_back(value, name,
                                     VariableOptions{.path = options_.name + "/" + name, .trainable = false});
  created_.push_back(by_variable[variable].back());
}

std::vector<OptimizerBase::OwnSlot> OptimizerBase::own_slots(const Variable&) const { return {}; }

void OptimizerBase::build(const Variables& variables) {
  if (built_) return;
  trainable_ = variables;
  for (std::size_t i = 0; i < trainable_.size(); ++i) index_of_[trainable_[i].id()] = i;
  if (options_.use_ema) add_slots({{{"average"}}}, averages_);
  if (options_.gradient_accumulation_steps) add_slots({{{"gradient_accumulator"}}}, accumulators_);
  add_slots(slot_groups(), slots_);
  for (std::size_t i = 0; i < trainable_.size(); ++i) {
    for (const OwnSlot& slot : own_slots(trainable_[i])) add_slot(i, slot.name, slot.value, slots_);
  }
  built_ = true;
}

std::vector<OptimizerBase::Pair> OptimizerBase::pair_up(const Tensors& gradients,
                                                        const Variables& variables) const {
  if (gradients.size() != variables.size()) {
    throw ValueError(fmt::format("Each variable needs one gradient. Received: {} gradients for {} variables",
                                 gradients.size(), variables.size()));
  }
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const Variable& variable = variables[i];
    const auto index = index_of_.find(variable.id());
    if (index == index_of_.end()) {
      throw ValueError(fmt::format(
          "Unknown variable: {}. This optimizer can only be called for the variables it was "
          "originally built with. When working with a new set of variables, create a new optimizer.",
          variable.path()));
    }
    if (!gradients[i].defined()) continue;
    if (gradients[i].shape() != variable.shape()) {
      throw ValueError(fmt::format("The gradient of variable {} must have its shape {}. Received: shape={}",
                                   variable.path(), variable.shape().str(), gradients[i].shape().str()));
    }
    pairs.push_back({index->second, gradients[i].astype(variable.dtype())});
  }
  if (pairs.empty() && !variables.empty()) throw ValueError("No gradients provided for any variable.");
  return pairs;
}

// Adds the gradients to what was gathered. On the last of the steps it hands out the mean and starts anew.
bool OptimizerBase::accumulate(std::vector<Pair>& pairs) {
  const std::int64_t steps = *options_.gradient_accumulation_steps;
  const auto done = static_cast<std::int64_t>(iteration_.value().item());
  const bool is_last = (done + 1) % steps == 0;
  for (Pair& pair : pairs) {
    Variable& gathered = accumulators_[pair.index][0];
    const Tensor sum = ops::add(pair.gradient, gathered.value());
    if (is_last) {
      pair.gradient = ops::divide(sum, Tensor::scalar(static_cast<double>(steps), sum.dtype()));
    } else {
      gathered.assign(sum);
    }
  }
  if (is_last) {
    for (auto& gathered : accumulators_) {
      gathered[0].assign(Tensor::zeros(gathered[0].shape(), gathered[0].dtype()));
    }
  }
  return is_last;
}

void OptimizerBase::clip(std::vector<Pair>& pairs) const {
  if (is_positive(options_.clipnorm)) {
    for (Pair& pair : pairs) pair.gradient = clipped_by_norm(pair.gradient, *options_.clipnorm);
  } else if (is_positive(options_.global_clipnorm)) {
    double total = 0.0;
    for (const Pair& pair : pairs) total += square_sum(pair.gradient);
    const double limit = *options_.global_clipnorm;
    const double norm = std::sqrt(total);
    // The difference is 0 for a finite norm; an infinite one makes the scale, and thus the update, NaN.
    const double scale = limit * std::min(1.0 / norm, 1.0 / limit) + (norm - norm);
    for (Pair& pair : pairs) pair.gradient = ops::multiply(pair.gradient, scale);
  } else if (is_positive(options_.clipvalue)) {
    const double limit = *options_.clipvalue;
    for (Pair& pair : pairs) pair.gradient = ops::clip(pair.gradient, -limit, limit);
  }
}

void OptimizerBase::update_rounded(const Step& step) {
  const auto wide = [](const Variable& variable) {
    return Variable(variable.value().astype(DType::float32), variable.name(), {.trainable = false});
  };
  Step copy{wide(step.variable), step.gradient.astype(DType::float32), step.learning_rate, step.number, {}};
  for (const Variable& slot : step.slots) copy.slots.push_back(wide(slot));
  update(copy);
  Variable variable = step.variable;
  variable.assign(copy.variable.value());
  for (std::size_t i = 0; i < copy.slots.size(); ++i) {
    Variable slot = step.slots[i];
    slot.assign(copy.slots[i].value());
  }
}

void OptimizerBase::decay_weights(const Variable& variable, double rate) const {
  const std::optional<double> weight_decay = weight_decay_of(variable);
  if (!weight_decay) return;
  Variable target = variable;
  if (is_half(target.dtype())) {
    const Tensor w = target.value();
    target.assign(ops::subtract(w, ops::multiply(ops::multiply(w, *weight_decay), rate)));
    return;
  }
  update_elements(target.dtype(), target.num_elements(), [&]<class T>(T) {
    const auto decay = cast_by_keras<T>(*weight_decay);
    const auto step = static_cast<T>(rate);
    T* w = target.mutable_value().mutable_data<T>();
    return [=](std::int64_t i) { w[i] -= w[i] * decay * step; };
  });
}

void OptimizerBase::average_variables() {
  const bool is_first = iterations() == 0;
  const double momentum = is_first ? 0.0 : options_.ema_momentum;
  for (std::size_t i = 0; i < trainable_.size(); ++i) {
    Variable& average = averages_[i][0];
    const Tensor value = trainable_[i].value();
    if (is_half(average.dtype())) {
      average.assign(
          ops::add(ops::multiply(average.value(), momentum), ops::multiply(value, 1.0 - momentum)));
      continue;
    }
    update_elements(average.dtype(), average.num_elements(), [&]<class T>(T) {
      const auto keep = static_cast<T>(momentum);
      const T* w = value.data<T>();
      T* mean = average.mutable_value().mutable_data<T>();
      return [=](std::int64_t j) { mean[j] = keep * mean[j] + (T(1) - keep) * w[j]; };
    });
  }
  const auto frequency = options_.ema_overwrite_frequency;
  if (frequency && (iterations() + 1) % *frequency == 0) finalize_variable_values(trainable_);
}

void OptimizerBase::finalize_variable_values(const Variables& variables) {
  if (!options_.use_ema || !built_) return;
  for (Variable variable : variables) {
    const auto index = index_of_.find(variable.id());
    if (index != index_of_.end()) variable.assign(averages_[index->second][0].value());
  }
}

Tensor OptimizerBase::scale_loss(const Tensor& loss) const {
  return options_.loss_scale_factor ? ops::multiply(loss, *options_.loss_scale_factor) : loss;
}

void OptimizerBase::apply(const Tensors& gradients, const Variables& variables) {
  const GradientTape::Pause pause;
  build(variables);
  std::vector<Pair> pairs = pair_up(gradients, variables);
  if (options_.loss_scale_factor) {
    for (Pair& pair : pairs) {
      const Tensor scale = Tensor::scalar(*options_.loss_scale_factor, pair.gradient.dtype());
      pair.gradient = ops::divide(pair.gradient, scale);
    }
  }
  if (!options_.gradient_accumulation_steps || accumulate(pairs)) {
    clip(pairs);
    const double rate = learning_rate();
    for (const Pair& pair : pairs) decay_weights(trainable_[pair.index], rate);
    const std::int64_t number = iterations() + 1;
    for (Pair& pair : pairs) {
      Step step{trainable_[pair.index], std::move(pair.gradient), rate, number, slots_[pair.index]};
      if (is_half(step.variable.dtype())) {
        update_rounded(step);
      } else {
        update(step);
      }
    }
  }
  if (options_.use_ema) average_variables();
  for (const Pair& pair : pairs) {
    Variable& variable = trainable_[pair.index];
    if (variable.constraint()) variable.assign(variable.constraint()(variable.value()));
  }
  iteration_.mutable_value().mutable_data<std::int64_t>()[0] += 1;
}

}  // namespace sepal::optimizers
