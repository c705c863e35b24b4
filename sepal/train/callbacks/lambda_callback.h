// LambdaCallback: functions as hooks (keras.callbacks.LambdaCallback).
#pragma once

#include <functional>

#include "sepal/train/callbacks/callback.h"

namespace sepal::callbacks {

/// Hooks that are left empty do nothing.
struct LambdaOptions {
  std::function<void(std::int64_t epoch)> on_epoch_begin = {};
  std::function<void(std::int64_t epoch, Logs& logs)> on_epoch_end = {};
  std::function<void()> on_train_begin = {};
  std::function<void(Logs& logs)> on_train_end = {};
  std::function<void(std::int64_t batch)> on_train_batch_begin = {};
  std::function<void(std::int64_t batch, Logs& logs)> on_train_batch_end = {};
};

class LambdaCallbackImpl final : public CallbackBase {
 public:
  using Options = LambdaOptions;
  explicit LambdaCallbackImpl(Options options) : f_(std::move(options)) {}

  void on_epoch_begin(std::int64_t epoch) override { call(f_.on_epoch_begin, epoch); }
  void on_epoch_end(std::int64_t epoch, Logs& logs) override { call(f_.on_epoch_end, epoch, logs); }
  void on_train_begin() override { call(f_.on_train_begin); }
  void on_train_end(Logs& logs) override { call(f_.on_train_end, logs); }
  void on_train_batch_begin(std::int64_t batch) override { call(f_.on_train_batch_begin, batch); }
  void on_train_batch_end(std::int64_t batch, Logs& logs) override {
    call(f_.on_train_batch_end, batch, logs);
  }

 private:
  template <class F, class... Args>
  static void call(const F& f, Args&&... args) {
    if (f) f(args...);
  }
  Options f_;
};

using LambdaCallback = CallbackOf<LambdaCallbackImpl>;

}  // namespace sepal::callbacks
