#include "sepal/train/callbacks/early_stopping.h"

#include <fmt/format.h>

#include <iostream>

namespace sepal::callbacks {

EarlyStopping::EarlyStopping(EarlyStoppingOptions options)
    : options_(std::move(options)),
      monitor_("EarlyStopping", options_.monitor, options_.mode, options_.min_delta) {}

void EarlyStopping::on_train_begin() {
  wait_ = stopped_epoch_ = best_epoch_ = 0;
  best_.reset();
  best_weights_.reset();
}

void EarlyStopping::keep_weights() {
  if (options_.restore_best_weights) best_weights_ = host().current_weights();
}

void EarlyStopping::on_epoch_end(std::int64_t epoch, Logs& logs) {
  const double* current = monitor_.value(logs);
  if (current == nullptr || epoch < options_.start_from_epoch) return;
  if (options_.restore_best_weights && !best_weights_) {
    keep_weights();
    best_epoch_ = epoch;
  }
  ++wait_;
  if (monitor_.is_improvement(*current, best_, host())) {
    best_ = *current;
    best_epoch_ = epoch;
    keep_weights();
    if (!options_.baseline || monitor_.is_improvement(*current, options_.baseline, host())) wait_ = 0;
    return;
  }
  if (wait_ >= options_.patience && epoch > 0) {
    stopped_epoch_ = epoch;
    host().stop_training();
  }
}

void EarlyStopping::on_train_end(const Logs&) {
  if (stopped_epoch_ > 0 && options_.verbose > 0) {
    std::cout << fmt::format("Epoch {}: early stopping\n", stopped_epoch_ + 1);
  }
  if (!best_weights_) return;
  if (options_.verbose > 0) {
    std::cout << fmt::format("Restoring model weights from the end of the best epoch: {}.\n",
                             best_epoch_ + 1);
  }
  host().restore_weights(*best_weights_);
}

}  // namespace sepal::callbacks
