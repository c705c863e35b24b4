// History: the logs of each epoch; what `fit` returns (keras.callbacks.History).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sepal/train/callbacks/callback.h"

namespace sepal::callbacks {

struct HistoryOptions {};

class HistoryCallback final : public CallbackBase {
 public:
  using Options = HistoryOptions;
  explicit HistoryCallback(Options = {}) {}

  void on_train_begin() override { epoch.clear(); }
  void on_epoch_end(std::int64_t at, Logs& logs) override {
    epoch.push_back(at);
    for (const auto& [name, value] : logs) history[name].push_back(value);
  }

  /// "loss" -> one value per epoch. Training again appends.
  std::map<std::string, std::vector<double>> history;
  /// The epochs of the last training.
  std::vector<std::int64_t> epoch;
};

using History = CallbackOf<HistoryCallback>;

}  // namespace sepal::callbacks
