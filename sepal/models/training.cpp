#include "sepal/models/training.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/base/random.h"
#include "sepal/graph/node.h"
#include "sepal/models/frozen_layout.h"
#include "sepal/models/frozen_plan.h"
#include "sepal/models/model.h"
#include "sepal/models/training_state.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/implementations.h"
#include "sepal/train/callbacks/progress_bar.h"
#include "sepal/train/optimizers/loss_scale_optimizer.h"

namespace sepal {

// Rows of all batches one behind the other.
class Trainer::RowCollector {
 public:
  explicit RowCollector(std::int64_t rows) : rows_(rows) {}

  void add(const Tensors& batch) {
    Shapes shapes;
    std::vector<DType> dtypes;
    for (const Tensor& part : batch) {
      shapes.push_back(part.shape());
      dtypes.push_back(part.dtype());
    }
    const std::span<std::byte* const> places = next(shapes, dtypes);
    for (std::size_t i = 0; i < batch.size(); ++i) std::memcpy(places[i], batch[i].raw(), batch[i].nbytes());
  }

  /// Where the next batch, of these shapes, is written to.
  std::span<std::byte* const> next(const Shapes& shapes, const std::vector<DType>& dtypes) {
    if (collected_.empty()) {
      for (std::size_t i = 0; i < shapes.size(); ++i) {
        collected_.emplace_back(shapes[i].slice(1).with_front(rows_), dtypes[i]);
        ends_.push_back(static_cast<std::byte*>(collected_.back().mutable_raw()));
      }
    }
    begins_ = ends_;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      ends_[i] += static_cast<std::size_t>(shapes[i].num_elements()) * size_of(dtypes[i]);
    }
    return begins_;
  }

  /// Nothing was written there after all.
  void take_back() {
    ends_ = begins_;
    if (ends_.empty() || ends_[0] != collected_[0].raw()) return;
    collected_.clear();
    ends_.clear();
  }

  Tensors take() { return std::move(collected_); }

 private:
  std::int64_t rows_;
  Tensors collected_;
  std::vector<std::byte*> begins_, ends_;
};

namespace {

std::int64_t batches_of(std::int64_t rows, std::int64_t batch_size, std::int64_t limit) {
  if (batch_size < 1) {
    throw ValueError(
        fmt::format("Invalid value for argument `batch_size`. Expected a strictly positive value. "
                    "Received: batch_size={}",
                    batch_size));
  }
  const std::int64_t batches = (rows + batch_size - 1) / batch_size;
  return limit > 0 ? std::min(limit, batches) : batches;
}

// Keras names an output after the operation that makes it.
std::vector<std::string> output_names(const ModelBase& model, std::size_t outputs) {
  std::vector<std::string> names;
  for (const KerasTensor& output : model.outputs()) names.push_back(output.node()->operation()->name());
  while (names.size() < outputs) names.push_back(fmt::format("output_{}", names.size() + 1));
  return names;
}

// One of a list of callbacks, each told in turn.
template <class F>
void tell(const std::vector<Callback>& callbacks, F f) {
  for (const Callback& callback : callbacks) f(*callback.operator->());
}

}  // namespace

Trainer::Trainer() : frozen_(std::make_unique<FrozenPlan>()) {}
Trainer::~Trainer() = default;

void Trainer::compile(CompileOptions options) {
  const bool scales =
      options.auto_scale_loss && options.optimizer && model().dtype_policy().name() == "mixed_float16";
  state_ = std::make_unique<TrainingState>(std::move(options));
  (void)state_->learning(model());
  if (scales) scale_loss();
}

void Trainer::scale_loss() {
  TrainingState& state = compiled_state("scale_loss");
  state.set_optimizer(optimizers::with_loss_scaling(state.optimizer()));
}

TrainingState& Trainer::compiled_state(const char* method) const {
  if (!state_) {
    throw ValueError(fmt::format("You must call `compile()` before calling `{}()`.", method));
  }
  return *state_;
}

const Optimizer& Trainer::optimizer() const {
  if (!state_) throw RuntimeError("The model is not compiled: it has no optimizer.");
  return state_->optimizer();
}

std::vector<Variable> Trainer::optimizer_variables() const {
  if (!state_ || !state_->optimizer() || !state_->optimizer()->built()) return {};
  return state_->optimizer()->variables();
}

std::optional<Direction> Trainer::metric_direction(const std::string& name) const {
  return state_ ? state_->metric_direction(name) : std::nullopt;
}

void Trainer::build_optimizer() { optimizer()->build(compiled_state("build_optimizer").learning(model())); }

void Trainer::train_step(const Dataset& batch) {
  TrainingState& state = *state_;
  // It holds copies of the weights, which change now.
  frozen_->forget();
  Tensors gradients;
  const std::vector<Variable>* learning = nullptr;
  {
    GradientTape tape;
    // One that was frozen after `compile` is not watched when it is read, and still learns.
    for (const Variable& variable : state.learning(model())) tape.watch(variable.value());
    Tensors losses;
    const Tensors outputs = model().call_within(batch.x, {.training = true, .losses = &losses});
    for (Tensor& loss : model().standing_losses()) losses.push_back(std::move(loss));
    const std::vector<std::string> names = output_names(model(), outputs.size());
    const Tensor total = state.total_loss(batch, outputs, losses, names);
    const Tensor scaled = state.optimizer()->scale_loss(total);
    Tensors weights;
    // Asked again: the call may have made the weights.
    learning = &state.learning(model());
    for (const Variable& variable : *learning) weights.push_back(variable.value());
    gradients = tape.gradient(scaled, weights);
    const GradientTape::Pause no_tape;
    state.update_metrics(batch, outputs, names);
    // Here everything that holds the weights' values goes, so that the optimizer changes them in place.
  }
  state.optimizer()->apply(gradients, *learning);
  for (const Update& update : model().updates()) update();
}

void Trainer::test_step(const Dataset& batch) {
  const GradientTape::Pause no_tape;
  Tensors losses;
  const Tensors outputs = model().call_within(batch.x, {.training = false, .losses = &losses});
  for (Tensor& loss : model().standing_losses()) losses.push_back(std::move(loss));
  const std::vector<std::string> names = output_names(model(), outputs.size());
  (void)state_->total_loss(batch, outputs, losses, names);
  state_->update_metrics(batch, outputs, names);
}

Logs Trainer::train_on_batch(const TensorGroup& x, const TensorGroup& y, const Tensor& sample_weight,
                             const std::map<std::int64_t, double>& class_weight) {
  TrainingState& state = compiled_state("train_on_batch");
  Dataset batch = make_dataset(x, y, sample_weight);
  if (!class_weight.empty()) {
    if (sample_weight.defined()) {
      throw ValueError("Arguments `sample_weight` and `class_weight` cannot be specified at the same time.");
    }
    batch.sample_weight = weights_of_classes(batch.y, class_weight);
  }
  state.reset();
  train_step(batch);
  return state.logs();
}

Logs Trainer::test_on_batch(const TensorGroup& x, const TensorGroup& y, const Tensor& sample_weight) {
  TrainingState& state = compiled_state("test_on_batch");
  const Dataset batch = make_dataset(x, y, sample_weight);
  state.reset();
  test_step(batch);
  return state.logs();
}

void Trainer::reset_metrics() { compiled_state("reset_metrics").reset(); }

Logs Trainer::evaluate_dataset(const Dataset& data, std::int64_t batch_size, std::int64_t steps,
                               const std::vector<Callback>& callbacks) {
  state_->reset();
  const std::int64_t batches = batches_of(data.rows(), batch_size, steps);
  tell(callbacks, [](auto& callback) { callback.on_test_begin(); });
  for (std::int64_t step = 0; step < batches && !interrupted_; ++step) {
    test_step(data.slice(step * batch_size, std::min(data.rows(), (step + 1) * batch_size)));
    const Logs logs = state_->logs();
    tell(callbacks, [&](auto& callback) { callback.on_test_batch_end(step, logs); });
  }
  Logs logs = state_->logs();
  tell(callbacks, [&](auto& callback) { callback.on_test_end(logs); });
  return logs;
}

Logs Trainer::evaluate(const TensorGroup& x, const TensorGroup& y, EvaluateOptions options) {
  (void)compiled_state("evaluate");
  const Dataset data = make_dataset(x, y, options.sample_weight);
  interrupted_ = false;
  std::vector<Callback> callbacks = options.callbacks;
  if (options.verbose > 0) callbacks.emplace_back(callbacks::ProgressBar());
  const TrainingParameters parameters{.epochs = 1,
                                      .steps = batches_of(data.rows(), options.batch_size, options.steps),
                                      .verbose = options.verbose};
  tell(callbacks, [&](auto& callback) { callback.begin(*this, parameters); });
  return evaluate_dataset(data, options.batch_size, options.steps, callbacks);
}

History Trainer::fit(const TensorGroup& x, const TensorGroup& y, FitOptions options) {
  TrainingState& state = compiled_state("fit");
  Dataset data = make_dataset(x, y, options.sample_weight);
  if (!options.class_weight.empty()) {
    if (options.sample_weight.defined()) {
      throw ValueError("You cannot `class_weight` and `sample_weight` at the same time.");
    }
    data.sample_weight = weights_of_classes(data.y, options.class_weight);
  }
  Dataset validation;
  if (!options.validation_data.x.empty()) {
    validation = make_dataset(options.validation_data.x, options.validation_data.y,
                              options.validation_data.sample_weight);
  } else if (options.validation_split != 0.0) {
    std::tie(data, validation) = split_dataset(data, options.validation_split);
  }

  interrupted_ = false;
  stop_training_ = false;
  const std::int64_t steps = batches_of(data.rows(), options.batch_size, options.steps_per_epoch);
  std::vector<Callback> callbacks = options.callbacks;
  if (options.verbose > 0) callbacks.emplace_back(callbacks::ProgressBar());
  const TrainingParameters parameters{.epochs = options.epochs, .steps = steps, .verbose = options.verbose};
  tell(callbacks, [&](auto& callback) { callback.begin(*this, parameters); });

  History history;
  Logs logs;
  RandomStream shuffling(next_random_key());
  tell(callbacks, [](auto& callback) { callback.on_train_begin(); });
  for (std::int64_t epoch = options.initial_epoch; epoch < options.epochs && !stop_training_; ++epoch) {
    state.reset();
    tell(callbacks, [&](auto& callback) { callback.on_epoch_begin(epoch); });
    std::vector<std::int64_t> order;
    if (options.shuffle) order = random_permutation(data.rows(), shuffling);
    for (std::int64_t step = 0; step < steps && !interrupted_ && !stop_training_; ++step) {
      tell(callbacks, [&](auto& callback) { callback.on_train_batch_begin(step); });
      const std::int64_t begin = step * options.batch_size;
      const std::int64_t end = std::min(data.rows(), begin + options.batch_size);
      train_step(options.shuffle ? data.take({order.begin() + begin, order.begin() + end})
                                 : data.slice(begin, end));
      logs = state.logs();
      tell(callbacks, [&](auto& callback) { callback.on_train_batch_end(step, logs); });
    }
    if (interrupted_) break;
    if (validation.rows() > 0 && (epoch + 1) % std::max<std::int64_t>(options.validation_freq, 1) == 0) {
      const std::int64_t batch_size =
          options.validation_batch_size > 0 ? options.validation_batch_size : options.batch_size;
      for (const auto& [name, value] :
           evaluate_dataset(validation, batch_size, options.validation_steps, {})) {
        logs.set("val_" + name, value);
      }
      if (interrupted_) break;
    }
    tell(callbacks, [&](auto& callback) { callback.on_epoch_end(epoch, logs); });
    history.epoch.push_back(epoch);
    for (const auto& [name, value] : logs) history.history[name].push_back(value);
  }
  if (!interrupted_) state.optimizer()->finalize_variable_values(state.learning(model()));
  tell(callbacks, [&](auto& callback) { callback.on_train_end(logs); });
  return history;
}

void Trainer::predict_into(RowCollector& collector, const Tensors& x) {
  const GradientTape::Pause no_tape;
  // Tests and benchmarks that force an implementation mean the ops, which the model's own call walks through.
  const bool frozen = !ops::implementation_is_forced();
  const Tensors inputs = frozen ? inputs_for_call(x) : Tensors();
  if (const auto layout = frozen ? frozen_->layout_for(model(), inputs) : nullptr) {
    try {
      return layout->run(inputs, collector.next(layout->output_shapes(), layout->output_dtypes()));
    } catch (const frozen::LayoutMismatch&) {
      frozen_->give_up();
      collector.take_back();
    }
  }
  Tensors losses;
  collector.add(model().call_within(x, {.training = false, .losses = &losses}));
}

Tensors Trainer::predict_on_batch(const TensorGroup& x) {
  const Dataset data = make_dataset(x, {}, {});
  RowCollector collector(data.rows());
  predict_into(collector, data.x);
  return collector.take();
}

Tensors Trainer::predict_all(const TensorGroup& x, PredictOptions options) {
  const Dataset data = make_dataset(x, {}, {});
  interrupted_ = false;
  const std::int64_t batches = batches_of(data.rows(), options.batch_size, options.steps);
  std::vector<Callback> callbacks;
  if (options.verbose > 0) callbacks.emplace_back(callbacks::ProgressBar());
  const TrainingParameters parameters{.epochs = 1, .steps = batches, .verbose = options.verbose};
  tell(callbacks, [&](auto& callback) { callback.begin(*this, parameters); });
  RowCollector collector(std::min(data.rows(), batches * options.batch_size));
  tell(callbacks, [](auto& callback) { callback.on_test_begin(); });
  for (std::int64_t step = 0; step < batches; ++step) {
    if (interrupted_) throw RuntimeError("predict was interrupted.");
    const std::int64_t begin = step * options.batch_size;
    predict_into(collector, data.slice(begin, std::min(data.rows(), begin + options.batch_size)).x);
    tell(callbacks, [&](auto& callback) { callback.on_test_batch_end(step, {}); });
  }
  tell(callbacks, [](auto& callback) { callback.on_test_end({}); });
  return collector.take();
}

Tensor Trainer::predict(const TensorGroup& x, PredictOptions options) {
  Tensors outputs = predict_all(x, options);
  expect_one_output(outputs.size(), model());
  return outputs[0];
}

}  // namespace sepal
