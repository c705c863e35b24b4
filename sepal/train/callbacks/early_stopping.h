// EarlyStopping (keras.callbacks.EarlyStopping).
#pragma once

#include <string>

#include "sepal/train/callbacks/callback.h"
#include "sepal/train/callbacks/monitor.h"

namespace sepal::callbacks {

struct EarlyStoppingOptions {
  std::string monitor = "val_loss";
  double min_delta = 0.0;
  /// Epochs without improvement after which training stops.
  std::int64_t patience = 0;
  int verbose = 0;
  std::string mode = "auto";
  /// Improvements count only once this value is passed.
  std::optional<double> baseline = {};
  bool restore_best_weights = false;
  /// Epochs before this one are not watched.
  std::int64_t start_from_epoch = 0;
};

class EarlyStopping final : public CallbackBase {
 public:
  explicit EarlyStopping(EarlyStoppingOptions options = {});

  void on_train_begin() override;
  void on_epoch_end(std::int64_t epoch, Logs& logs) override;
  void on_train_end(const Logs& logs) override;

  /// 0 if training went to its end.
  std::int64_t stopped_epoch() const { return stopped_epoch_; }
  std::int64_t best_epoch() const { return best_epoch_; }
  const std::optional<double>& best() const { return best_; }

 private:
  void keep_weights();

  EarlyStoppingOptions options_;
  Monitor monitor_;
  std::int64_t wait_ = 0;
  std::int64_t stopped_epoch_ = 0;
  std::int64_t best_epoch_ = 0;
  std::optional<double> best_;
  std::optional<Tensors> best_weights_;
};

}  // namespace sepal::callbacks
