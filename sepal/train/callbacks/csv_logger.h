// CSVLogger: one line per epoch in a file (keras.callbacks.CSVLogger).
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "sepal/train/callbacks/callback.h"

namespace sepal::callbacks {

struct CSVLoggerOptions {
  std::string filename = {};
  std::string separator = ",";
  /// Goes on behind what the file holds instead of starting anew.
  bool append = false;
};

/// Columns "epoch" and the logs of the first epoch; without validation there are "val_" columns holding "NA".
/// Lines end in "\r\n", as Python's csv module writes them.
class CSVLogger final : public CallbackBase {
 public:
  explicit CSVLogger(CSVLoggerOptions options) : options_(std::move(options)) {}

  /// @throws OSError if the file cannot be opened.
  void on_train_begin() override;
  /// @throws OSError if the line cannot be written.
  void on_epoch_end(std::int64_t epoch, Logs& logs) override;
  void on_train_end(const Logs& logs) override;

 private:
  CSVLoggerOptions options_;
  std::ofstream file_;
  bool needs_header_ = true;
  std::vector<std::string> columns_;
};

}  // namespace sepal::callbacks
