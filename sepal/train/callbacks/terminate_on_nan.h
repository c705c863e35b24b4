// TerminateOnNaN: stops when the loss is no longer a number (keras.callbacks.TerminateOnNaN).
#pragma once

#include "sepal/train/callbacks/callback.h"

namespace sepal::callbacks {

struct TerminateOnNaNOptions {
  /// Throws RuntimeError instead of ending the training.
  bool raise_error = false;
};

class TerminateOnNaN final : public CallbackBase {
 public:
  explicit TerminateOnNaN(TerminateOnNaNOptions options = {}) : options_(options) {}
  void on_train_batch_end(std::int64_t batch, const Logs& logs) override;

 private:
  TerminateOnNaNOptions options_;
};

}  // namespace sepal::callbacks
