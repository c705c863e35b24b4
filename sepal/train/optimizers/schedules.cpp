#include "sepal/train/optimizers/schedules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "sepal/base/error.h"

namespace sepal {

void Schedule::fill(Table& table) {
  table.add<schedules::ExponentialDecay>();
  table.add<schedules::PiecewiseConstantDecay>();
  table.add<schedules::PolynomialDecay>();
  table.add<schedules::InverseTimeDecay>();
  table.add<schedules::CosineDecay>();
  table.add<schedules::CosineDecayRestarts>();
}

void config_put(Json& out, const char* key, const LearningRate& rate) {
  if (rate.schedule()) {
    config_put(out, key, rate.schedule());
  } else {
    config_put(out, key, rate.value());
  }
}

void config_get(const Json& in, const ConfigField& field, LearningRate& rate) {
  if (in.is_number()) {
    rate = in.get<double>();
  } else {
    // Keras 2 wrote null for a name that it was not given.
    Json named = in;
    if (named.is_object() && named.contains("config") && named["config"].is_object()) {
      Json& config = named["config"];
      if (config.contains("name") && config["name"].is_null()) config.erase("name");
    }
    Schedule schedule;
    config_get(named, field, schedule);
    if (!schedule) config_type_error(field, "a number or a learning rate schedule", in);
    rate = std::move(schedule);
  }
}

namespace schedules {
namespace {

void check_steps(const char* argument, std::int64_t steps) {
  if (steps > 0) return;
  throw ValueError(fmt::format("Argument `{0}` must be > 0. Received: {0}={1}", argument, steps));
}

double periods(std::int64_t step, std::int64_t decay_steps, bool staircase) {
  const double count = static_cast<double>(step) / static_cast<double>(decay_steps);
  return staircase ? std::floor(count) : count;
}

// From 1 at the start of a period to `alpha` at its end, along half a cosine wave of height `height`.
double cosine(double completed, double alpha, double height = 1.0) {
  const double wave = 0.5 * height * (1.0 + std::cos(std::numbers::pi * completed));
  return (1.0 - alpha) * wave + alpha;
}

}  // namespace

void ExponentialDecay::check() const { check_steps("decay_steps", decay_steps); }

double ExponentialDecay::operator()(std::int64_t step) const {
  return initial_learning_rate * std::pow(decay_rate, periods(step, decay_steps, staircase));
}

void PiecewiseConstantDecay::check() const {
  if (boundaries.size() + 1 == values.size()) return;
  throw ValueError(
      fmt::format("The length of boundaries should be 1 less than the length of values. Received: "
                  "boundaries of length {}, and values of length {}.",
                  boundaries.size(), values.size()));
}

double PiecewiseConstantDecay::operator()(std::int64_t step) const {
  std::size_t i = 0;
  while (i < boundaries.size() && step > boundaries[i]) ++i;
  return values[i];
}

void PolynomialDecay::check() const { check_steps("decay_steps", decay_steps); }

double PolynomialDecay::operator()(std::int64_t step) const {
  auto at = static_cast<double>(step);
  auto length = static_cast<double>(decay_steps);
  if (cycle) {
    length *= step == 0 ? 1.0 : std::ceil(at / length);
  } else {
    at = std::min(at, length);
  }
  return (initial_learning_rate - end_learning_rate) * std::pow(1.0 - at / length, power) + end_learning_rate;
}

void InverseTimeDecay::check() const { check_steps("decay_steps", decay_steps); }

double InverseTimeDecay::operator()(std::int64_t step) const {
  return initial_learning_rate / (1.0 + decay_rate * periods(step, decay_steps, staircase));
}

void CosineDecay::check() const { check_steps("decay_steps", decay_steps); }

double CosineDecay::operator()(std::int64_t step) const {
  if (!warmup_target) {
    return initial_learning_rate * cosine(periods(std::min(step, decay_steps), decay_steps, false), alpha);
  }
  if (step < warmup_steps) {
    const double rise = *warmup_target - initial_learning_rate;
    return rise * periods(step, warmup_steps, false) + initial_learning_rate;
  }
  const std::int64_t since = std::min(step - warmup_steps, decay_steps);
  return *warmup_target * cosine(periods(since, decay_steps, false), alpha);
}

void CosineDecayRestarts::check() const { check_steps("first_decay_steps", first_decay_steps); }

double CosineDecayRestarts::operator()(std::int64_t step) const {
  double completed = periods(step, first_decay_steps, false);
  double restart = std::floor(completed);
  if (t_mul == 1.0) {
    completed -= restart;
  } else {
    // Periods of lengths 1, t, t², …: the first r of them end at (1 - t^r) / (1 - t).
    restart = std::floor(std::log(1.0 - completed * (1.0 - t_mul)) / std::log(t_mul));
    const double length = std::pow(t_mul, restart);
    completed = (completed - (1.0 - length) / (1.0 - t_mul)) / length;
  }
  return initial_learning_rate * cosine(completed, alpha, std::pow(m_mul, restart));
}

}  // namespace schedules
}  // namespace sepal
