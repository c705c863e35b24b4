#include "sepal/models/training_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sepal/base/error.h"
#include "sepal/models/model.h"
#include "sepal/ops/elementwise.h"

namespace sepal {
namespace {

template <class T>
void expect_known_names(const std::map<std::string, T>& by_name, const std::vector<std::string>& output_names,
                        const char* argument) {
  for (const auto& [name, value] : by_name) {
    if (std::find(output_names.begin(), output_names.end(), name) == output_names.end()) {
      throw ValueError(
          fmt::format("In the map argument `{}`, key '{}' does not correspond to any model output. Received "
                      "outputs: ['{}']",
                      argument, name, fmt::join(output_names, "', '")));
    }
  }
}

// One entry of a list, a map or a default for each output.
template <class T>
std::vector<T> for_each_output(const std::vector<T>& list, const std::map<std::string, T>& by_name,
                               const std::vector<std::string>& output_names, const char* argument,
                               T otherwise) {
  expect_known_names(by_name, output_names, argument);
  if (!list.empty() && list.size() != output_names.size()) {
    throw ValueError(fmt::format(
        "For a model with multiple outputs, when providing the `{}` argument as a list, it should "
        "have as many entries as the model has outputs. Received: {} entries for {} outputs",
        argument, list.size(), output_names.size()));
  }
  std::vector<T> result;
  for (std::size_t i = 0; i < output_names.size(); ++i) {
    const auto named = by_name.find(output_names[i]);
    result.push_back(!list.empty() ? list[i] : named != by_name.end() ? named->second : otherwise);
  }
  return result;
}

std::vector<std::vector<Metric>> metrics_for_outputs(const MetricsArgument& argument,
                                                     const std::vector<std::string>& output_names,
                                                     const char* name) {
  if (!argument.flat().empty()) {
    if (output_names.size() == 1) return {argument.flat()};
    std::vector<std::vector<Metric>> each;
    for (const Metric& metric : argument.flat()) each.push_back({metric});
    return for_each_output(each, {}, output_names, name, {});
  }
  return for_each_output(argument.by_output(), argument.by_name(), output_names, name, {});
}

}  // namespace

TrainingState::TrainingState(CompileOptions options)
    : options_(std::move(options)), optimizer_(options_.optimizer) {}

void TrainingState::match_losses(const std::vector<std::string>& output_names) {
  if (losses_matched_) return;
  const LossArgument& loss = options_.loss;
  losses_ = loss.is_single() ? std::vector<Loss>(output_names.size(), loss.losses()[0])
                             : for_each_output(loss.losses(), loss.by_name(), output_names, "loss", Loss());
  loss_weights_ = for_each_output(options_.loss_weights.weights(), options_.loss_weights.by_name(),
                                  output_names, "loss_weights", 1.0);
  per_output_.assign(output_names.size(), {});
  output_names_ = output_names;
  losses_matched_ = true;
}

const std::vector<Variable>& TrainingState::learning(const ModelBase& model) {
  if (const std::size_t weights = model.weights().size(); weights != weights_then_) {
    learning_ = model.trainable_weights();
    weights_then_ = weights;
  } else if (!warned_ && model.trainable_weights() != learning_) {
    warned_ = true;
    fmt::print(
        stderr,
        "Warning: `trainable` was changed after `compile()` of model \"{}\". Training goes on with the "
        "{} weights that were trainable then; call `compile()` again to make the change count.\n",
        model.name(), learning_.size());
  }
  return learning_;
}

Tensor TrainingState::total_loss(const Dataset& batch, const Tensors& outputs, const Tensors& extra,
                                 const std::vector<std::string>& output_names) {
  match_losses(output_names);
  const auto rows = static_cast<double>(batch.rows());
  const auto wanted = static_cast<std::size_t>(std::count_if(
      losses_.begin(), losses_.end(), [](const Loss& loss) { return static_cast<bool>(loss); }));
  if (batch.y.size() != outputs.size() && !(batch.y.empty() && wanted == 0)) {
    throw ValueError(fmt::format("The model has {} output(s), but {} target(s) were given in `y`.",
                                 outputs.size(), batch.y.size()));
  }
  Tensor total;
  const auto add = [&](const Tensor& part) { total = total.defined() ? ops::add(total, part) : part; };
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!losses_[i]) continue;
    Tensor loss = losses_[i](batch.y[i], outputs[i], batch.sample_weight, outputs[i].mask());
    per_output_[i].add(loss.item(), rows);
    add(loss_weights_[i] == 1.0 ? loss : ops::multiply(loss, loss_weights_[i]));
  }
  for (const Tensor& loss : extra) add(total.defined() ? ops::cast(loss, total.dtype()) : loss);
  if (!total.defined()) {
    throw ValueError("No loss to compute. Provide a `loss` argument in `compile`.");
  }
  total_.add(total.item(), rows);
  return total;
}

void TrainingState::match_metrics(const Dataset& batch, const std::vector<std::string>& output_names) {
  const auto plain = metrics_for_outputs(options_.metrics, output_names, "metrics");
  const auto weighted = metrics_for_outputs(options_.weighted_metrics, output_names, "weighted_metrics");
  metrics_.clear();
  for (std::size_t i = 0; i < output_names.size(); ++i) {
    OutputMetrics of_output{output_names.size() > 1 ? output_names[i] + "_" : std::string(), {}, {}};
    if (i < batch.y.size()) {
      for (const Metric& metric : plain[i]) of_output.plain.push_back(metric.for_compile());
      for (const Metric& metric : weighted[i]) of_output.weighted.push_back(metric.for_compile());
    }
    metrics_.push_back(std::move(of_output));
  }
  metrics_matched_ = true;
}

void TrainingState::update_metrics(const Dataset& batch, const Tensors& outputs,
                                   const std::vector<std::string>& output_names) {
  if (!metrics_matched_) match_metrics(batch, output_names);
  for (std::size_t i = 0; i < metrics_.size() && i < batch.y.size(); ++i) {
    for (Metric& metric : metrics_[i].plain)
      metric.update_state(batch.y[i], outputs[i], {}, outputs[i].mask());
    for (Metric& metric : metrics_[i].weighted)
      metric.update_state(batch.y[i], outputs[i], batch.sample_weight, outputs[i].mask());
  }
}

void TrainingState::reset() {
  total_ = {};
  per_output_.assign(per_output_.size(), {});
  for (OutputMetrics& of_output : metrics_) {
    for (Metric& metric : of_output.plain) metric.reset_state();
    for (Metric& metric : of_output.weighted) metric.reset_state();
  }
}

// Keras: CompileMetrics.result.
std::vector<TrainingState::NamedMetric> TrainingState::named_metrics() const {
  std::vector<NamedMetric> named;
  std::map<std::string, int> uses;
  const auto numbered = [&](const std::string& name) {
    const int before = uses[name]++;
    return before == 0 ? name : fmt::format("{}_{}", name, before);
  };
  for (const OutputMetrics& of_output : metrics_) {
    for (const Metric& metric : of_output.plain) {
      named.push_back({numbered(of_output.prefix + metric.name()), metric});
    }
  }
  for (const OutputMetrics& of_output : metrics_) {
    for (const Metric& metric : of_output.weighted) {
      const bool is_taken = uses.contains(of_output.prefix + metric.name());
      named.push_back({numbered(of_output.prefix + (is_taken ? "weighted_" : "") + metric.name()), metric});
    }
  }
  return named;
}

std::optional<Direction> TrainingState::metric_direction(const std::string& name) const {
  for (const auto& [reported, metric] : named_metrics()) {
    if (reported == name) return metric.direction();
  }
  return std::nullopt;
}

Logs TrainingState::logs() const {
  std::map<std::string, double> sorted{{"loss", total_.value()}};
  if (output_names_.size() > 1) {
    for (std::size_t i = 0; i < output_names_.size(); ++i) {
      if (losses_[i]) sorted[output_names_[i] + "_loss"] = per_output_[i].value();
    }
  }
  for (const auto& [name, metric] : named_metrics()) sorted[name] = metric.result();
  Logs logs;
  for (const auto& [name, value] : sorted) logs.set(name, value);
  return logs;
}

}  // namespace sepal
