// ProgressBar: how far training is, as Keras shows it (keras.utils.Progbar).
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "sepal/train/callbacks/callback.h"

namespace sepal::callbacks {

struct ProgressBarOptions {
  /// Where text goes; not given: standard output.
  std::function<void(const std::string&)> write = {};
  /// Whether to draw in place; not given: if standard output is a terminal. Else one line is written for each
  /// epoch.
  std::optional<bool> terminal = {};
  /// Characters of its line, 0 without a limit; not given: the terminal's own.
  std::optional<int> columns = {};
};

/// On a terminal a bar that is redrawn in place; else, and with `verbose` 2, one line at the end of each
/// epoch.
class ProgressBar : public CallbackBase {
 public:
  explicit ProgressBar(ProgressBarOptions options = {});

  void on_epoch_begin(std::int64_t epoch) override;
  void on_train_batch_end(std::int64_t batch, const Logs& logs) override;
  void on_epoch_end(std::int64_t epoch, Logs& logs) override;
  void on_train_end(const Logs& logs) override;
  void on_test_begin() override;
  void on_test_batch_end(std::int64_t batch, const Logs& logs) override;
  void on_test_end(const Logs& logs) override;

 private:
  using Clock = std::chrono::steady_clock;

  bool draws_in_place() const;
  void start();
  void advance(std::int64_t done, const Logs& logs);
  void finish(const Logs& logs);

  ProgressBarOptions options_;
  Clock::time_point started_;
  Clock::time_point drawn_;
  std::string epoch_title_;
  std::size_t width_ = 0;  // characters of the line on the terminal
  std::int64_t done_ = 0;
  bool open_ = false;  // a line on the terminal has no end yet
};

}  // namespace sepal::callbacks
