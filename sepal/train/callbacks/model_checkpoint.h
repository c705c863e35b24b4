// ModelCheckpoint (keras.callbacks.ModelCheckpoint).
#pragma once

#include <string>

#include "sepal/train/callbacks/callback.h"
#include "sepal/train/callbacks/monitor.h"

namespace sepal::callbacks {

/// "epoch", or a number of batches.
class SaveFrequency {
 public:
  /// @throws ValueError if the text is not "epoch".
  SaveFrequency(const char* text);                            // NOLINT: Keras takes both
  SaveFrequency(std::int64_t batches) : batches_(batches) {}  // NOLINT
  SaveFrequency(int batches) : batches_(batches) {}           // NOLINT
  bool is_epoch() const { return batches_ == 0; }
  std::int64_t batches() const { return batches_; }

 private:
  std::int64_t batches_ = 0;
};

struct ModelCheckpointOptions {
  /// May name `epoch` and `batch` (from 1) and the logs: "best_{epoch:02d}_{val_loss:.2f}.keras". Missing
  /// folders are made.
  std::string filepath = {};
  std::string monitor = "val_loss";
  int verbose = 0;
  bool save_best_only = false;
  bool save_weights_only = false;
  std::string mode = "auto";
  SaveFrequency save_freq = "epoch";
  /// With save_best_only: what the first saved value must improve on.
  std::optional<double> initial_value_threshold = {};
};

class ModelCheckpoint final : public CallbackBase {
 public:
  /// @throws ValueError if the path does not end in ".keras", ".h5" or, for weights, ".weights.h5".
  explicit ModelCheckpoint(ModelCheckpointOptions options);

  void on_epoch_begin(std::int64_t epoch) override { epoch_ = epoch; }
  void on_epoch_end(std::int64_t epoch, Logs& logs) override;
  void on_train_batch_end(std::int64_t batch, const Logs& logs) override;

  const std::optional<double>& best() const { return best_; }

 private:
  std::string path(std::optional<std::int64_t> batch, const Logs& logs) const;
  bool should_save(const Logs& logs, const std::string& path);
  void save(std::optional<std::int64_t> batch, const Logs& logs);

  ModelCheckpointOptions options_;
  Monitor monitor_;
  std::optional<double> best_;
  std::int64_t epoch_ = 0;
  std::int64_t batches_since_saving_ = 0;
};

}  // namespace sepal::callbacks
