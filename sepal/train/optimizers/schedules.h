// Learning-rate schedules: the number of updates so far in, a learning rate out
// (keras.optimizers.schedules).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "sepal/weights/config_function.h"

namespace sepal {

class Schedule : public ConfigFunction<Schedule, double(std::int64_t)> {
 public:
  using ConfigFunction::ConfigFunction;
  static constexpr const char* kKind = "learning rate schedule";
  static constexpr const char* kModule = "keras.optimizers.schedules";
  static constexpr std::initializer_list<const char*> kIgnored = {};
  static void fill(Table& table);
};

/// A fixed rate, or a schedule: `.learning_rate = 1e-3`, `.learning_rate = schedules::CosineDecay({…})`.
class LearningRate {
 public:
  LearningRate(double value) : value_(value) {}                        // NOLINT: Keras takes both
  LearningRate(Schedule schedule) : schedule_(std::move(schedule)) {}  // NOLINT
  template <class F>
  requires(std::is_invocable_r_v<double, const F&, std::int64_t> && !std::is_same_v<F, Schedule>)
      LearningRate(F schedule)
      : schedule_(std::move(schedule)) {}  // NOLINT

  /// Empty for a fixed rate.
  const Schedule& schedule() const { return schedule_; }
  /// The fixed rate; 0 for a schedule.
  double value() const { return value_; }

 private:
  double value_ = 0.0;
  Schedule schedule_;
};

void config_put(Json& out, const char* key, const LearningRate& rate);
void config_get(const Json& in, const ConfigField& field, LearningRate& rate);

namespace schedules {

/// initial * decay_rate ^ (step / decay_steps); with staircase the exponent is rounded down.
struct ExponentialDecay {
  double initial_learning_rate = 0.0;
  std::int64_t decay_steps = 0;
  double decay_rate = 0.0;
  bool staircase = false;
  std::string name = "ExponentialDecay";
  static constexpr const char* kName = "ExponentialDecay";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("initial_learning_rate", o.initial_learning_rate);
    v("decay_steps", o.decay_steps);
    v("decay_rate", o.decay_rate);
    v("staircase", o.staircase);
    v("name", o.name);
  }
  void check() const;
  double operator()(std::int64_t step) const;
};

/// values[i] for the first i with step <= boundaries[i], the last value beyond.
struct PiecewiseConstantDecay {
  IntTuple boundaries = {};
  std::vector<double> values = {};
  std::string name = "PiecewiseConstant";
  static constexpr const char* kName = "PiecewiseConstantDecay";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("boundaries", o.boundaries);
    v("values", o.values);
    v("name", o.name);
  }
  void check() const;
  double operator()(std::int64_t step) const;
};

/// (initial - end) * (1 - step / decay_steps) ^ power + end, constant after decay_steps, or with `cycle`
/// starting again over the next multiple of decay_steps.
struct PolynomialDecay {
  double initial_learning_rate = 0.0;
  std::int64_t decay_steps = 0;
  double end_learning_rate = 0.0001;
  double power = 1.0;
  bool cycle = false;
  std::string name = "PolynomialDecay";
  static constexpr const char* kName = "PolynomialDecay";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("initial_learning_rate", o.initial_learning_rate);
    v("decay_steps", o.decay_steps);
    v("end_learning_rate", o.end_learning_rate);
    v("power", o.power);
    v("cycle", o.cycle);
    v("name", o.name);
  }
  void check() const;
  double operator()(std::int64_t step) const;
};

/// initial / (1 + decay_rate * step / decay_steps); with staircase the quotient is rounded down.
struct InverseTimeDecay {
  double initial_learning_rate = 0.0;
  std::int64_t decay_steps = 0;
  double decay_rate = 0.0;
  bool staircase = false;
  std::string name = "InverseTimeDecay";
  static constexpr const char* kName = "InverseTimeDecay";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("initial_learning_rate", o.initial_learning_rate);
    v("decay_steps", o.decay_steps);
    v("decay_rate", o.decay_rate);
    v("staircase", o.staircase);
    v("name", o.name);
  }
  void check() const;
  double operator()(std::int64_t step) const;
};

/// Half a cosine wave from the start down to alpha times the start (Loshchilov and Hutter 2016), after an
/// optional straight rise from initial_learning_rate to warmup_target.
struct CosineDecay {
  double initial_learning_rate = 0.0;
  std::int64_t decay_steps = 0;
  double alpha = 0.0;
  std::string name = "CosineDecay";
  std::optional<double> warmup_target = {};
  std::int64_t warmup_steps = 0;
  static constexpr const char* kName = "CosineDecay";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("initial_learning_rate", o.initial_learning_rate);
    v("decay_steps", o.decay_steps);
    v("alpha", o.alpha);
    v("name", o.name);
    v("warmup_target", o.warmup_target);
    v("warmup_steps", o.warmup_steps);
  }
  void check() const;
  double operator()(std::int64_t step) const;
};

/// Cosine decays one after another, each t_mul times as long and m_mul times as high as the one before.
struct CosineDecayRestarts {
  double initial_learning_rate = 0.0;
  std::int64_t first_decay_steps = 0;
  double t_mul = 2.0;
  double m_mul = 1.0;
  double alpha = 0.0;
  std::string name = "SGDRDecay";
  static constexpr const char* kName = "CosineDecayRestarts";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("initial_learning_rate", o.initial_learning_rate);
    v("first_decay_steps", o.first_decay_steps);
    v("t_mul", o.t_mul);
    v("m_mul", o.m_mul);
    v("alpha", o.alpha);
    v("name", o.name);
  }
  void check() const;
  double operator()(std::int64_t step) const;
};

}  // namespace schedules
}  // namespace sepal
