#include "sepal/train/callbacks/learning_rate.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "sepal/base/error.h"

namespace sepal::callbacks {

ReduceLROnPlateau::ReduceLROnPlateau(ReduceLROnPlateauOptions options)
    : options_(std::move(options)),
      monitor_("ReduceLROnPlateau", options_.monitor, options_.mode, options_.min_delta) {
  if (options_.factor >= 1.0) {
    throw ValueError(fmt::format("ReduceLROnPlateau does not support a factor >= 1.0. Received factor={}",
                                 options_.factor));
  }
}

void ReduceLROnPlateau::on_train_begin() {
  best_.reset();
  cooldown_ = wait_ = 0;
}

bool ReduceLROnPlateau::reduce(std::int64_t epoch) {
  const Optimizer optimizer = host().optimizer();
  const double rate = optimizer->learning_rate();
  if (rate <= static_cast<double>(static_cast<float>(options_.min_lr))) return false;
  const double lower = std::max(rate * options_.factor, options_.min_lr);
  optimizer->set_learning_rate(lower);
  if (options_.verbose > 0) {
    std::cout << fmt::format("\nEpoch {}: ReduceLROnPlateau reducing learning rate to {}.\n", epoch + 1,
                             lower);
  }
  return true;
}

void ReduceLROnPlateau::on_epoch_end(std::int64_t epoch, Logs& logs) {
  logs.set("learning_rate", host().optimizer()->learning_rate());
  const double* current = monitor_.value(logs);
  if (current == nullptr) return;
  if (cooldown_ > 0) {
    --cooldown_;
    wait_ = 0;
  }
  if (monitor_.is_improvement(*current, best_, host())) {
    best_ = *current;
    wait_ = 0;
  } else if (cooldown_ == 0 && ++wait_ >= options_.patience && reduce(epoch)) {
    cooldown_ = options_.cooldown;
    wait_ = 0;
  }
}

LearningRateScheduler::LearningRateScheduler(LearningRateSchedulerOptions options)
    : options_(std::move(options)) {
  if (!options_.schedule) throw ValueError("LearningRateScheduler needs a `schedule`.");
}

void LearningRateScheduler::on_epoch_begin(std::int64_t epoch) {
  const Optimizer optimizer = host().optimizer();
  const double rate = options_.schedule(epoch, optimizer->learning_rate());
  optimizer->set_learning_rate(rate);
  if (options_.verbose > 0) {
    std::cout << fmt::format("\nEpoch {}: LearningRateScheduler setting learning rate to {}.\n", epoch + 1,
                             rate);
  }
}

void LearningRateScheduler::on_epoch_end(std::int64_t, Logs& logs) {
  logs.set("learning_rate", host().optimizer()->learning_rate());
}

}  // namespace sepal::callbacks
