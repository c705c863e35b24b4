// Callback: what happens at the turns of training (keras.callbacks.Callback).
//
//   model->fit(x, y, {.epochs = 50, .callbacks = {callbacks::EarlyStopping({.patience = 3})}});
//
// A callback of one's own derives from CallbackBase and overrides what it needs.
#pragma once

#include <concepts>
#include <memory>
#include <vector>

#include "sepal/train/callbacks/logs.h"
#include "sepal/train/callbacks/training_host.h"

namespace sepal {

namespace callbacks {

class CallbackBase {
 public:
  virtual ~CallbackBase() = default;

  /// Called before anything else; `host` lives as long as training.
  virtual void begin(TrainingHost& host, const TrainingParameters& parameters) {
    host_ = &host;
    parameters_ = parameters;
  }

  virtual void on_train_begin() {}
  virtual void on_train_end(const Logs&) {}
  virtual void on_epoch_begin(std::int64_t /*epoch, from 0*/) {}
  /// May add to the logs that later callbacks and the history see.
  virtual void on_epoch_end(std::int64_t /*epoch*/, Logs&) {}
  virtual void on_train_batch_begin(std::int64_t /*batch, from 0*/) {}
  virtual void on_train_batch_end(std::int64_t /*batch*/, const Logs&) {}
  virtual void on_test_begin() {}
  virtual void on_test_end(const Logs&) {}
  virtual void on_test_batch_end(std::int64_t /*batch*/, const Logs&) {}

 protected:
  TrainingHost& host() const { return *host_; }
  const TrainingParameters& parameters() const { return parameters_; }

 private:
  TrainingHost* host_ = nullptr;
  TrainingParameters parameters_;
};

}  // namespace callbacks

/// Shared handle of a callback.
class Callback {
 public:
  template <std::derived_from<callbacks::CallbackBase> C>
  Callback(C callback) : base_(std::make_shared<C>(std::move(callback))) {}  // NOLINT
  /// To look at the callback afterwards, make it shared first.
  template <std::derived_from<callbacks::CallbackBase> C>
  Callback(std::shared_ptr<C> callback) : base_(std::move(callback)) {}  // NOLINT

  callbacks::CallbackBase* operator->() const { return base_.get(); }

 private:
  std::shared_ptr<callbacks::CallbackBase> base_;
};

}  // namespace sepal
