// Optimizer: from gradients to new values of the variables (keras.optimizers.Optimizer). Formulas and the
// order of operations are those of Keras 3.15.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sepal/base/config.h"
#include "sepal/train/optimizers/schedules.h"
#include "sepal/weights/variable.h"

namespace sepal {

namespace optimizers {

/// What every optimizer takes. The options of each one repeat these fields, because C++ has no designated
/// initialisers for inherited members.
struct CommonOptions {
  LearningRate learning_rate = 0.0;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = {};
};

template <class Options>
CommonOptions common_options(const Options& o) {
  return {o.learning_rate,
          o.weight_decay,
          o.clipnorm,
          o.clipvalue,
          o.global_clipnorm,
          o.use_ema,
          o.ema_momentum,
          o.ema_overwrite_frequency,
          o.loss_scale_factor,
          o.gradient_accumulation_steps,
          o.name};
}

/// The common fields in the order in which Keras writes them, in front of an optimizer's own.
template <class Options, class Visitor>
void visit_common(Options& o, Visitor& v) {
  v("name", o.name);
  v("learning_rate", o.learning_rate);
  v("weight_decay", o.weight_decay);
  v("clipnorm", o.clipnorm);
  v("global_clipnorm", o.global_clipnorm);
  v("clipvalue", o.clipvalue);
  v("use_ema", o.use_ema);
  v("ema_momentum", o.ema_momentum);
  v("ema_overwrite_frequency", o.ema_overwrite_frequency);
  v("loss_scale_factor", o.loss_scale_factor);
  v("gradient_accumulation_steps", o.gradient_accumulation_steps);
}

/// An optimizer of one's own derives from this and supplies slots and the update of one variable.
class OptimizerBase {
 public:
  virtual ~OptimizerBase() = default;
  OptimizerBase(const OptimizerBase&) = delete;
  OptimizerBase& operator=(const OptimizerBase&) = delete;

  virtual const char* class_name() const = 0;
  /// "Package>Name" if the class is not one of Keras's.
  virtual const char* registered_name() const { return nullptr; }
  /// Fills "config", with the learning rate as it is now.
  virtual void write_config(Json& config) const = 0;

  const std::string& name() const { return options_.name; }

  /// The current rate (of a schedule: for the next update).
  virtual double learning_rate() const;
  /// @throws TypeError if the rate comes from a schedule.
  virtual void set_learning_rate(double rate);
  virtual void set_schedule(Schedule schedule);

  /// Updates so far; with gradient accumulation, those that changed the variables.
  virtual std::int64_t iterations() const;

  /// Creates the slots of `variables`; later calls do nothing.
  virtual void build(const Variables& variables);
  bool built() const { return built_; }

  /// One update. A gradient that is not defined leaves its variable alone. Constraints are applied to each
  /// variable that was updated. Builds first if needed. 16-bit variables are updated in float32 and rounded.
  /// @throws ValueError if no gradient is defined, or a variable is not one that the optimizer was built for.
  virtual void apply(const Tensors& gradients, const Variables& variables);

  /// The loss times the scale that `apply` divides the gradients by (loss_scale_factor, where one was given):
  /// what the gradients must be taken of.
  virtual Tensor scale_loss(const Tensor& loss) const;
  const std::optional<double>& loss_scale_factor() const { return options_.loss_scale_factor; }
  void set_loss_scale_factor(std::optional<double> factor) { options_.loss_scale_factor = factor; }

  /// With use_ema: gives each variable its moving average.
  virtual void finalize_variable_values(const Variables& variables);

  /// The state as Keras saves it: iteration, learning_rate (unless there is a schedule), then the slots.
  virtual Variables variables() const;

  /// The optimizer that this one wraps, whose state a file keeps a second time; nullptr if there is none.
  virtual const OptimizerBase* inner_optimizer() const { return nullptr; }

 protected:
  explicit OptimizerBase(CommonOptions options);

  /// Slots that are created together: for each variable in turn, one for each name.
  struct SlotGroup {
    std::vector<std::string> names;
    double initial_value = 0.0;
  };
  virtual std::vector<SlotGroup> slot_groups() const { return {}; }

  /// A slot of one variable that has another shape or start, or that other variables lack.
  struct OwnSlot {
    std::string name;
    Tensor value;
  };
  /// Of each variable in turn, behind those of the groups.
  virtual std::vector<OwnSlot> own_slots(const Variable& variable) const;

  /// By what the variable shrinks in each update, times the learning rate.
  virtual std::optional<double> weight_decay_of(const Variable&) const { return options_.weight_decay; }

  struct Step {
    Variable variable;
    Tensor gradient;  // of the variable's shape and dtype
    double learning_rate;
    std::int64_t number;          // 1 for the first update
    std::vector<Variable> slots;  // in the order of the groups' names, then its own
  };
  /// Changes the variable and its slots in place, in one pass over the elements.
  virtual void update(Step& step) = 0;

  /// What `learning_rate` in a config should say.
  LearningRate learning_rate_for_config() const;

 private:
  struct Pair {
    std::size_t index;  // of the variable, in the order of `build`
    Tensor gradient;
  };

  void add_slots(const std::vector<SlotGroup>& groups, std::vector<std::vector<Variable>>& by_variable);
  void add_slot(std::size_t variable, const std::string& slot, const Tensor& value,
                std::vector<std::vector<Variable>>& by_variable);
  std::vector<Pair> pair_up(const Tensors& gradients, const Variables& variables) const;
  bool accumulate(std::vector<Pair>& pairs);
  void clip(std::vector<Pair>& pairs) const;
  void update_rounded(const Step& step);
  void decay_weights(const Variable& variable, double rate) const;  // if it has a decay
  void average_variables();

  CommonOptions options_;
  Variable iteration_;
  Variable learning_rate_;
  bool built_ = false;
  Variables trainable_;
  std::unordered_map<std::uint64_t, std::size_t> index_of_;
  Variables created_;                                // every slot, in Keras's order
  std::vector<std::vector<Variable>> averages_;      // per variable: one, with use_ema
  std::vector<std::vector<Variable>> accumulators_;  // per variable: one, with gradient accumulation
  std::vector<std::vector<Variable>> slots_;         // per variable
};

/// The part of an optimizer that follows from its Options: names and config.
template <class Options>
class TypedOptimizer : public OptimizerBase {
 public:
  const char* class_name() const override { return Options::kName; }
  void write_config(Json& config) const override {
    Options now = options_;
    now.learning_rate = learning_rate_for_config();
    now.loss_scale_factor = loss_scale_factor();
    write_options(config, now);
  }

 protected:
  explicit TypedOptimizer(Options options)
      : OptimizerBase(common_options(options)), options_(std::move(options)) {}
  const Options options_;
};

}  // namespace optimizers

/// A shared handle to any optimizer: `"adam"`, `optimizers::Adam({.learning_rate = 1e-3})`.
class Optimizer {
 public:
  Optimizer() = default;
  Optimizer(std::nullptr_t) {}                                   // NOLINT
  Optimizer(const char* name) : Optimizer(std::string(name)) {}  // NOLINT
  /// @throws ValueError if no optimizer has this name (its class's, in any case of letters).
  Optimizer(const std::string& name);  // NOLINT
  template <std::derived_from<optimizers::OptimizerBase> O>
  Optimizer(std::shared_ptr<O> optimizer) : base_(std::move(optimizer)) {}  // NOLINT

  explicit operator bool() const { return base_ != nullptr; }
  /// @throws RuntimeError if there is none.
  optimizers::OptimizerBase* operator->() const;
  const std::shared_ptr<optimizers::OptimizerBase>& pointer() const { return base_; }

  /// From the "config" of an envelope (nullptr: defaults). `owner` is for messages.
  using Make = std::function<Optimizer(const Json* config, const std::string& owner)>;
  /// Makes a class known to strings and files.
  static void add(const std::string& class_name, Make make);

 private:
  std::shared_ptr<optimizers::OptimizerBase> base_;
};

void config_put(Json& out, const char* key, const Optimizer& optimizer);
/// Reads the envelopes and names of Keras 1 to 3.
void config_get(const Json& in, const ConfigField& field, Optimizer& optimizer);

}  // namespace sepal
