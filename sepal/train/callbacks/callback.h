// Callback: what happens between the steps of training (keras.callbacks.Callback).
//
//   .callbacks = {callbacks::EarlyStopping({.patience = 3}), callbacks::CSVLogger({.filename = "log.csv"})}
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "sepal/train/callbacks/logs.h"
#include "sepal/train/callbacks/training_host.h"

namespace sepal {

/// A callback of one's own derives from this. Epochs and batches count from 0. What a hook adds to `logs` the
/// callbacks after it see, History and the progress bar last.
class CallbackBase {
 public:
  virtual ~CallbackBase() = default;

  virtual void on_train_begin() {}
  virtual void on_train_end(Logs&) {}
  virtual void on_epoch_begin(std::int64_t /*epoch*/) {}
  virtual void on_epoch_end(std::int64_t /*epoch*/, Logs&) {}
  virtual void on_train_batch_begin(std::int64_t /*batch*/) {}
  virtual void on_train_batch_end(std::int64_t /*batch*/, Logs&) {}
  virtual void on_test_begin() {}
  virtual void on_test_end(Logs&) {}
  virtual void on_test_batch_begin(std::int64_t /*batch*/) {}
  virtual void on_test_batch_end(std::int64_t /*batch*/, Logs&) {}
  virtual void on_predict_begin() {}
  virtual void on_predict_end() {}
  virtual void on_predict_batch_begin(std::int64_t /*batch*/) {}
  virtual void on_predict_batch_end(std::int64_t /*batch*/) {}

  void attach(TrainingHost& host, const TrainingParams& params) {
    host_ = &host;
    params_ = params;
  }

 protected:
  /// The model. @throws RuntimeError before `attach`.
  TrainingHost& host() const;
  const TrainingParams& params() const { return params_; }

 private:
  TrainingHost* host_ = nullptr;
  TrainingParams params_;
};

/// A shared handle to any callback.
class Callback {
 public:
  template <class T>
  requires std::is_base_of_v<CallbackBase, T> Callback(std::shared_ptr<T> callback)
      : base_(std::move(callback)) {}  // NOLINT
  CallbackBase* operator->() const { return base_.get(); }
  const std::shared_ptr<CallbackBase>& pointer() const { return base_; }

 private:
  std::shared_ptr<CallbackBase> base_;
};

/// A handle to a T, made from T's Options; `->` reaches what T adds to the hooks.
template <class T>
class CallbackOf : public Callback {
 public:
  explicit CallbackOf(typename T::Options options = {})
      : CallbackOf(std::make_shared<T>(std::move(options))) {}
  T* operator->() const { return typed_.get(); }

 private:
  explicit CallbackOf(std::shared_ptr<T> typed) : Callback(typed), typed_(std::move(typed)) {}
  std::shared_ptr<T> typed_;
};

/// Calls each callback in turn. Logs reach them sorted by name.
class CallbackList {
 public:
  CallbackList(std::vector<Callback> callbacks, TrainingHost& host, const TrainingParams& params);

  template <class T>
  T* find() const {
    for (const Callback& callback : callbacks_) {
      if (auto* found = dynamic_cast<T*>(callback.pointer().get())) return found;
    }
    return nullptr;
  }

  void on_train_begin();
  void on_train_end(Logs logs);
  void on_epoch_begin(std::int64_t epoch);
  void on_epoch_end(std::int64_t epoch, Logs logs);
  void on_train_batch_begin(std::int64_t batch);
  void on_train_batch_end(std::int64_t batch, Logs logs);
  void on_test_begin();
  void on_test_end(Logs logs);
  void on_test_batch_begin(std::int64_t batch);
  void on_test_batch_end(std::int64_t batch, Logs logs);
  void on_predict_begin();
  void on_predict_end();
  void on_predict_batch_begin(std::int64_t batch);
  void on_predict_batch_end(std::int64_t batch);

 private:
  std::vector<Callback> callbacks_;
};

}  // namespace sepal
