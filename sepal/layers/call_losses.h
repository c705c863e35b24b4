// The losses that calls of a layer made, with the inputs they came from.
#pragma once

#include <mutex>

#include "sepal/layers/conditional_list.h"

namespace sepal {

/// Safe to use from several threads that call one layer.
class CallLosses {
 public:
  /// Forgets those of earlier calls unless `keep_earlier`.
  void record(const Tensors& losses, const CallInputs& inputs, bool keep_earlier) {
    const std::lock_guard lock(mutex_);
    if (!keep_earlier) losses_.clear();
    for (const Tensor& loss : losses) losses_.add(loss, inputs);
  }

  ConditionalList<Tensor> read() const {
    const std::lock_guard lock(mutex_);
    return losses_;
  }

 private:
  mutable std::mutex mutex_;
  ConditionalList<Tensor> losses_;
};

/// Where `add_loss` puts its losses on this thread: those of the innermost call, or nullptr outside of any.
Tensors* losses_of_running_call();

/// Makes `losses` those of the running call as long as it exists.
class RunningCall {
 public:
  explicit RunningCall(Tensors* losses);
  ~RunningCall();
  RunningCall(const RunningCall&) = delete;
  RunningCall& operator=(const RunningCall&) = delete;

 private:
  Tensors* outer_;
};

}  // namespace sepal
