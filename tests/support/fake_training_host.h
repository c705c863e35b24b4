// A model that only remembers what callbacks ask of it, for tests.
#pragma once

#include <string>
#include <vector>

#include "sepal/train/callbacks/training_host.h"
#include "sepal/train/optimizers/sgd.h"

namespace sepal::testing {

class FakeHost final : public TrainingHost {
 public:
  const Optimizer& optimizer() const override { return optimizer_; }
  Tensors current_weights() const override { return {weight}; }
  void restore_weights(const Tensors& weights) override { weight = weights.at(0); }
  void save_to(const std::string& path) const override { saved.push_back(path); }
  void save_weights_to(const std::string& path) const override { saved.push_back("weights " + path); }
  void stop_training() override { stopped = true; }

  Tensor weight = Tensor::zeros({1});
  bool stopped = false;
  mutable std::vector<std::string> saved;

 private:
  Optimizer optimizer_ = optimizers::SGD({.learning_rate = 1.0});
};

}  // namespace sepal::testing
