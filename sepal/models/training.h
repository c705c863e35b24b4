// Trainer: compile, fit, evaluate and predict of a model (keras.Model's trainer).
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sepal/base/tensor.h"
#include "sepal/models/dataset.h"
#include "sepal/models/per_output.h"
#include "sepal/train/callbacks/callback.h"
#include "sepal/train/optimizers/optimizer.h"
#include "sepal/weights/variable.h"

namespace sepal {

class ModelBase;

struct CompileOptions {
  Optimizer optimizer = "rmsprop";
  LossArgument loss = {};
  LossWeights loss_weights = {};
  /// Reported; they do not see the sample weights.
  MetricsArgument metrics = {};
  /// Reported; they see the sample weights and class weights.
  MetricsArgument weighted_metrics = {};
  /// Whether a model of the policy "mixed_float16" gets a LossScaleOptimizer around its optimizer.
  bool auto_scale_loss = true;
};

/// Data to look at after each epoch, not to learn from.
struct ValidationData {
  TensorGroup x = {};
  TensorGroup y = {};
  Tensor sample_weight = {};
};

struct FitOptions {
  std::int64_t batch_size = 32;
  std::int64_t epochs = 1;
  /// 0 silent, 1 progress bar (plain lines when standard output is not a terminal), 2 one line for each
  /// epoch.
  int verbose = 1;
  std::vector<Callback> callbacks = {};
  /// The last part of the data that is kept for validation, in [0, 1).
  double validation_split = 0.0;
  ValidationData validation_data = {};
  /// Another random order in each epoch.
  bool shuffle = true;
  std::map<std::int64_t, double> class_weight = {};
  Tensor sample_weight = {};
  /// The number of the first epoch, to go on with an earlier run.
  std::int64_t initial_epoch = 0;
  /// Batches of an epoch; 0: all.
  std::int64_t steps_per_epoch = 0;
  std::int64_t validation_steps = 0;
  /// 0: batch_size.
  std::int64_t validation_batch_size = 0;
  std::int64_t validation_freq = 1;
};

struct EvaluateOptions {
  std::int64_t batch_size = 32;
  int verbose = 1;
  Tensor sample_weight = {};
  std::int64_t steps = 0;
  std::vector<Callback> callbacks = {};
};

struct PredictOptions {
  std::int64_t batch_size = 32;
  int verbose = 0;
  std::int64_t steps = 0;
};

/// What `fit` reported: name -> one value for each epoch, and the epochs' numbers.
struct History {
  std::vector<std::int64_t> epoch = {};
  std::map<std::string, std::vector<double>> history = {};
};

class FrozenPlan;
class TrainingState;

class Trainer : public TrainingHost {
 public:
  Trainer();
  ~Trainer() override;

  /// The weights that are trainable now learn from here on; `trainable` changed later counts from the next
  /// `compile` on.
  /// @throws ValueError if a loss or metric does not go with the outputs.
  void compile(CompileOptions options);
  bool compiled() const { return state_ != nullptr; }
  /// Puts a LossScaleOptimizer around the optimizer, as `compile` does for "mixed_float16".
  void scale_loss();

  /// Trains for `epochs` passes over the data. x and y: one tensor, or one for each input and output, of
  /// equally many rows; of any dtype.
  /// @throws ValueError if the model is not compiled or the data do not fit it.
  History fit(const TensorGroup& x, const TensorGroup& y, FitOptions options = {});

  /// Loss and metrics over the data, by name, "loss" first.
  Logs evaluate(const TensorGroup& x, const TensorGroup& y, EvaluateOptions options = {});

  /// The outputs for the data, computed in batches. One output: see `predict_all` for several.
  Tensor predict(const TensorGroup& x, PredictOptions options = {});
  Tensors predict_all(const TensorGroup& x, PredictOptions options = {});
  Tensors predict_on_batch(const TensorGroup& x);

  /// One update. What is returned is of this batch alone, as in Keras 3.15.
  Logs train_on_batch(const TensorGroup& x, const TensorGroup& y, const Tensor& sample_weight = {},
                      const std::map<std::int64_t, double>& class_weight = {});
  Logs test_on_batch(const TensorGroup& x, const TensorGroup& y, const Tensor& sample_weight = {});
  void reset_metrics();

  /// Ends `fit`, `evaluate` or `predict` after the current batch, from another thread or a signal handler.
  void interrupt() { interrupted_ = true; }
  bool interrupted() const { return interrupted_; }

  /// @throws RuntimeError if the model is not compiled.
  const Optimizer& optimizer() const override;
  /// The state that a file keeps; empty if there is none yet.
  std::vector<Variable> optimizer_variables() const;
  /// Makes the optimizer's slots for the weights that learn, as the first update would.
  void build_optimizer();

  /// What `compile` was given, as a `.keras` file keeps it; an empty object if it was not called.
  Json get_compile_config() const;
  /// The reverse. A missing optimizer leaves the default.
  void compile_from_config(const Json& config);

  virtual void save(const std::string& path) const = 0;
  virtual void save_weights(const std::string& path) const = 0;

  void save_to(const std::string& path) const override { save(path); }
  void save_weights_to(const std::string& path) const override { save_weights(path); }
  void stop_training() override { stop_training_ = true; }
  std::optional<Direction> metric_direction(const std::string& name) const override;

 protected:
  /// The inputs of a batch as the first layers get them.
  /// @throws ValueError if they do not fit the model.
  virtual Tensors inputs_for_call(const Tensors& inputs) const = 0;
  virtual ModelBase& model() = 0;
  const ModelBase& model() const { return const_cast<Trainer*>(this)->model(); }  // NOLINT: the same object

 private:
  class RowCollector;
  TrainingState& compiled_state(const char* method) const;
  void train_step(const Dataset& batch);
  void test_step(const Dataset& batch);
  void predict_into(RowCollector& collector, const Tensors& x);
  Logs evaluate_dataset(const Dataset& data, std::int64_t batch_size, std::int64_t steps,
                        const std::vector<Callback>& callbacks);

  std::unique_ptr<TrainingState> state_;
  std::unique_ptr<FrozenPlan> frozen_;
  bool stop_training_ = false;
  std::atomic<bool> interrupted_{false};
};

}  // namespace sepal
