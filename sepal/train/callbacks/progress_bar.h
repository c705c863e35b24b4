// ProgressBar: what `fit`, `evaluate` and `predict` print (Keras: ProgbarLogger, keras.utils.Progbar).
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "sepal/train/callbacks/callback.h"

namespace sepal::callbacks {

struct ProgressBarOptions {
  /// nullptr: standard output.
  std::ostream* out = nullptr;
  /// Redraw a bar in place (not set: whether standard output is a terminal). Otherwise, and with verbose 2,
  /// one line per epoch.
  std::optional<bool> redraw = {};
  /// Seconds, from any start; not set: a steady clock.
  std::function<double()> now = {};
};

class ProgressBarCallback final : public CallbackBase {
 public:
  using Options = ProgressBarOptions;
  explicit ProgressBarCallback(Options options);

  void on_train_begin() override { is_fitting_ = true; }
  void on_epoch_begin(std::int64_t epoch) override;
  void on_epoch_end(std::int64_t epoch, Logs& logs) override;
  void on_train_batch_end(std::int64_t batch, Logs& logs) override;
  void on_test_begin() override;
  void on_test_batch_end(std::int64_t batch, Logs& logs) override;
  void on_test_end(Logs& logs) override;
  void on_predict_begin() override { start(); }
  void on_predict_batch_end(std::int64_t batch) override;
  void on_predict_end() override;

 private:
  void start();
  void advance(std::int64_t batch, const Logs& logs);
  void finish(const Logs& logs);
  double seconds_per_step(double now);
  std::string bar(double now, const Logs& logs, bool is_last);
  std::string line(double now, const Logs& logs);

  Options options_;
  bool is_fitting_ = false;
  double start_ = 0.0;
  double after_first_step_ = 0.0;
  double last_drawn_ = 0.0;
  std::int64_t seen_ = 0;
  std::int64_t target_ = -1;
  std::size_t drawn_width_ = 0;
};

using ProgressBar = CallbackOf<ProgressBarCallback>;

}  // namespace sepal::callbacks
