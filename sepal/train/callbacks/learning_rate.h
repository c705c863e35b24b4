// Callbacks that set the optimizer's learning rate: ReduceLROnPlateau and LearningRateScheduler
// (keras.callbacks). Both add "learning_rate" to the logs of each epoch.
#pragma once

#include <functional>
#include <string>

#include "sepal/train/callbacks/callback.h"
#include "sepal/train/callbacks/monitor.h"

namespace sepal::callbacks {

struct ReduceLROnPlateauOptions {
  std::string monitor = "val_loss";
  /// The new rate is the old one times this.
  double factor = 0.1;
  /// Epochs without improvement after which the rate falls.
  std::int64_t patience = 10;
  int verbose = 0;
  std::string mode = "auto";
  double min_delta = 1e-4;
  /// Epochs after a fall that do not count.
  std::int64_t cooldown = 0;
  double min_lr = 0.0;
};

class ReduceLROnPlateau final : public CallbackBase {
 public:
  /// @throws ValueError for a factor of 1 or more.
  explicit ReduceLROnPlateau(ReduceLROnPlateauOptions options = {});

  void on_train_begin() override;
  void on_epoch_end(std::int64_t epoch, Logs& logs) override;

 private:
  bool reduce(std::int64_t epoch);

  ReduceLROnPlateauOptions options_;
  Monitor monitor_;
  std::optional<double> best_;
  std::int64_t cooldown_ = 0;
  std::int64_t wait_ = 0;
};

struct LearningRateSchedulerOptions {
  /// From the epoch (from 0) and the current rate to the new one.
  std::function<double(std::int64_t epoch, double rate)> schedule = {};
  int verbose = 0;
};

class LearningRateScheduler final : public CallbackBase {
 public:
  /// @throws ValueError without a schedule.
  explicit LearningRateScheduler(LearningRateSchedulerOptions options);

  void on_epoch_begin(std::int64_t epoch) override;
  void on_epoch_end(std::int64_t epoch, Logs& logs) override;

 private:
  LearningRateSchedulerOptions options_;
};

}  // namespace sepal::callbacks
