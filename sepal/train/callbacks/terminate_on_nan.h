// TerminateOnNaN: stops when the loss is no longer a number (keras.callbacks.TerminateOnNaN).
#pragma once

#include "sepal/train/callbacks/callback.h"

namespace sepal::callbacks {

struct TerminateOnNaNOptions {
  /// Throws RuntimeError instead of ending the training.
  bool raise_error = false;
};

class TerminateOnNaNCallback final : public CallbackBase {
 public:
  using Options = TerminateOnNaNOptions;
  explicit TerminateOnNaNCallback(Options options) : options_(options) {}
  void on_train_batch_end(std::int64_t batch, Logs& logs) override;

 private:
  Options options_;
};

using TerminateOnNaN = CallbackOf<TerminateOnNaNCallback>;

}  // namespace sepal::callbacks
