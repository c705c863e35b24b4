// LambdaCallback: functions as hooks (keras.callbacks.LambdaCallback).
#pragma once

#include <functional>

#include "sepal/train/callbacks/callback.h"

namespace sepal::callbacks {

/// Hooks that are left empty do nothing.
struct LambdaOptions {
  std::function<void(std::int64_t epoch)> on_epoch_begin = {};
  /// May add to the logs.
  std::function<void(std::int64_t epoch, Logs& logs)> on_epoch_end = {};
  std::function<void()> on_train_begin = {};
  std::function<void(const Logs& logs)> on_train_end = {};
  std::function<void(std::int64_t batch)> on_train_batch_begin = {};
  std::function<void(std::int64_t batch, const Logs& logs)> on_train_batch_end = {};
};

class LambdaCallback final : public CallbackBase {
 public:
  explicit LambdaCallback(LambdaOptions options) : f_(std::move(options)) {}

  void on_epoch_begin(std::int64_t epoch) override { call(f_.on_epoch_begin, epoch); }
  void on_epoch_end(std::int64_t epoch, Logs& logs) override { call(f_.on_epoch_end, epoch, logs); }
  void on_train_begin() override { call(f_.on_train_begin); }
  void on_train_end(const Logs& logs) override { call(f_.on_train_end, logs); }
  void on_train_batch_begin(std::int64_t batch) override { call(f_.on_train_batch_begin, batch); }
  void on_train_batch_end(std::int64_t batch, const Logs& logs) override {
    call(f_.on_train_batch_end, batch, logs);
  }

 private:
  template <class F, class... Args>
  static void call(const F& f, Args&&... args) {
    if (f) f(args...);
  }
  LambdaOptions f_;
};

}  // namespace sepal::callbacks
